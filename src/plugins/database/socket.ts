/**
 * The host option for a URL that names the folder of a Unix socket in its host's place
 * (`postgres://role@%2Frun%2Fpostgresql/name`), as libpq reads it and postgres.js does not.
 */
export function socketHost(url: string): { host: string } | Record<string, never> {
  const host = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?(%2F[^/:?]*)/i.exec(url)?.[1]
  return host === undefined ? {} : { host: decodeURIComponent(host) }
}
