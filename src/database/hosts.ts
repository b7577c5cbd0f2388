import { isIPv6 } from 'node:net'
import { isLoopback } from './loopback.ts'

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?/is

/** Parameters that the service sets itself; a driver would let the URL override them. */
const DECIDED = ['host', 'hostaddr', 'port', 'ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert']

/**
 * The URL of each server that a URL names, such as the two of `postgres://role@a:5432,b:5432/name`: a
 * primary and its standbys, as libpq reads it and `URL` does not. Servers in the query (`?host=`,
 * `?hostaddr=`, `?port=`) override those in the usual place and are moved there, because
 * node-postgres would read the query and postgres.js would not.
 */
export function serverUrls(url: string): string[] {
  const parts = PARTS.exec(url)
  if (parts === null) return [url]
  const [, before = '', inPlace = '', path = '', search = ''] = parts
  const query = new URLSearchParams(search)
  const named = lastOf(query, 'hostaddr') ?? lastOf(query, 'host')
  const placed = inPlace.split(',').map((server) => /^(.*?)(?::(\d*))?$/s.exec(server) ?? [])
  const hosts = named?.split(',').map(inUrl) ?? placed.map(([, host = '']) => host)
  const ports = lastOf(query, 'port')?.split(',') ?? placed.map(([, , port]) => port)
  const servers = hosts.map((host, index) => {
    const port = index < ports.length ? ports[index] : ports.length === 1 ? ports[0] : undefined
    return port === undefined ? host : `${host}:${port}`
  })
  for (const name of DECIDED) query.delete(name)
  const rest = query.size === 0 ? '' : `?${query.toString()}`
  return servers.map((server) => before + server + path + rest)
}

function lastOf(query: URLSearchParams, name: string): string | undefined {
  return query.getAll(name).at(-1) || undefined
}

function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : encodeURIComponent(host)
}

/** Whether every server that a URL names, anywhere in it, is this machine or a Unix socket on it. */
export function isLocalDatabase(url: string): boolean {
  const [, , inPlace = '', , search = ''] = PARTS.exec(url) ?? []
  const query = new URLSearchParams(search)
  const inQuery = [...query.getAll('host'), ...query.getAll('hostaddr')]
  const lists = inPlace === '' && inQuery.length > 0 ? inQuery : [inPlace, ...inQuery]
  return lists.flatMap((list) => list.split(',')).every(isLocal)
}

function isLocal(server: string): boolean {
  // A port follows a name, an IPv4 address, or an IPv6 address in brackets.
  const host = isIPv6(server) ? server : server.replace(/:\d*$/, '')
  return /^(\/|%2f)/i.test(host) || isLoopback(host)
}

/**
 * The host option for a URL whose host is the folder of a Unix socket
 * (`postgres://role@%2Frun%2Fpostgresql/name`), as libpq reads it and postgres.js does not.
 */
export function socketHost(url: string): { host: string } | Record<string, never> {
  const host = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?(%2F[^/:?]*)/i.exec(url)?.[1]
  return host === undefined ? {} : { host: decodeURIComponent(host) }
}
