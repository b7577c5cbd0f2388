import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Decides which addresses events may be sent to. */
export interface AddressRule {
  production: boolean
  /** `WEBHOOK_ALLOW_PRIVATE`. */
  allowPrivate: boolean
}

export const URL_MAX = 2_048

/**
 * Characters that a WHATWG parser silently repairs or drops, and that other parsers read
 * differently.
 */
const REPAIRED = /[\s\\\p{Cc}]/u

/** The ranges of a machine's own, a private network's and a cloud provider's internal addresses. */
const PRIVATE: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
])

/**
 * The only allocated global unicast range of IPv6:
 * https://www.iana.org/assignments/ipv6-address-space
 */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether events may be sent to an address. Public addresses are allowed. Outside production, so
 * are those of this machine. Private addresses are allowed only if the operator allows them.
 * Addresses that embed another one (NAT64, 6to4, Teredo) are refused. An IPv4-mapped IPv6 address
 * is judged as IPv4.
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

/** @returns the URL, or the fault in words */
export function readTarget(text: string, rule: AddressRule): URL | string {
  if (REPAIRED.test(text) || !URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  const schemes = rule.production ? ['https:'] : ['https:', 'http:']
  if (!schemes.includes(url.protocol)) return 'must be an https: URL'
  if (url.username !== '' || url.password !== '') return 'must not have credentials in it'
  if (url.hash !== '') return 'must not have a fragment'
  const host = hostOf(url)
  // RFC 6761 reserves `localhost` for this machine.
  const isLocal = /(^|\.)localhost\.?$/.test(host)
  const address = isLocal ? '127.0.0.1' : host
  // The parser has already read the other notations of IPv4: hexadecimal, octal, one number.
  const isLiteral = isLocal || isIP(host) !== 0
  return isLiteral && !isAllowed(address, rule) ? 'is an address that events are not sent to' : url
}

/** The host of a URL, without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
