import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Which addresses may be sent to. */
export interface AddressRule {
  production: boolean
  /** `WEBHOOK_ALLOW_PRIVATE`. */
  allowPrivate: boolean
}

export const URL_MAX = 2_048

/** Characters that a WHATWG parser repairs or drops silently, and other parsers read differently. */
const REPAIRED = /[\s\\\p{Cc}]/u

/** Addresses of a machine, a network or a cloud's own services. */
const PRIVATE: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
])

/** All unicast addresses of IPv6 that are given out: https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address may be sent to: one of the internet, outside production one of this machine, and
 * where the operator says so one of a private network. Addresses that carry another one (NAT64, 6to4,
 * Teredo) are none of these; an IPv4 address in IPv6 is judged as what it is.
 */
export function isAllowed(address: string, { production, allowPrivate }: AddressRule): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = ipaddr.process(address)
  const range = parsed.range()
  if (range === 'unicast') {
    return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_V6)
  }
  return PRIVATE.has(range) && (allowPrivate || (range === 'loopback' && !production))
}

/** @returns the URL, or what is wrong with it */
export function readTarget(text: string, rule: AddressRule): URL | string {
  if (REPAIRED.test(text) || !URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  const schemes = rule.production ? ['https:'] : ['https:', 'http:']
  if (!schemes.includes(url.protocol)) return 'must be an https: URL'
  if (url.username !== '' || url.password !== '') return 'must not have credentials in it'
  if (url.hash !== '') return 'must not have a fragment'
  const host = hostOf(url)
  // RFC 6761 reserves the name for this machine.
  const isLocal = /(^|\.)localhost\.?$/.test(host)
  const address = isLocal ? '127.0.0.1' : host
  // The parser has already read the other notations of IPv4: hexadecimal, octal, one number.
  const isLiteral = isLocal || isIP(host) !== 0
  return isLiteral && !isAllowed(address, rule) ? 'is an address that events are not sent to' : url
}

/** Without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
