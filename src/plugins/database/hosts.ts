/**
 * The URL of each server that a URL names, such as the two of `postgres://role@a:5432,b:5432/name`:
 * a primary and its standbys, as libpq reads it and `URL` does not.
 */
export function serverUrls(url: string): string[] {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/is.exec(url)
  if (parts === null) return [url]
  const [, before = '', hosts = '', after = ''] = parts
  return hosts.split(',').map((host) => before + host + after)
}

/**
 * The host option for a URL that names the folder of a Unix socket in its host's place
 * (`postgres://role@%2Frun%2Fpostgresql/name`), as libpq reads it and postgres.js does not.
 */
export function socketHost(url: string): { host: string } | Record<string, never> {
  const host = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?(%2F[^/:?]*)/i.exec(url)?.[1]
  return host === undefined ? {} : { host: decodeURIComponent(host) }
}
