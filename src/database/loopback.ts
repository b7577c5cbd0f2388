import { isIPv4 } from 'node:net'

/** Whether a URL's host is this machine, where TLS would protect nothing. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase()
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  return isIPv4(host) && host.startsWith('127.')
}
