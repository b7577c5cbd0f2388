export interface DatabaseConfig {
  /**
   * Undefined for the embedded server under `dataDir`. May name several servers, a primary and
   * standbys.
   */
  url: string | undefined
  ssl: 'verify-full' | 'disable'
  ca: string | undefined
}
