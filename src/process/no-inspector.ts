import { close, url } from 'node:inspector'

/**
 * The first act of each program. On SIGUSR1 Node opens its inspector, through which all secrets can be
 * read; with a listener it does not. (`--disable-sigusr1` is unknown to Node before 22.14.)
 */
export function refuseInspector(): void {
  process.on('SIGUSR1', () => undefined)
  const asked = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  // The signal may have come while the program was being loaded.
  if (url() !== undefined && !asked.includes('--inspect')) close()
}
