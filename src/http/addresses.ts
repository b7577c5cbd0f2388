import { BlockList, SocketAddress, isIP } from 'node:net'

/** The longest address in brackets with its port: `[ffff:…:255.255.255.255]:65535` is 53 characters. */
const TEXT_MAX = 64

const V4_MAPPED = '::ffff:'
const V4_MAPPED_BITS = 96

/**
 * The one spelling of an address that a proxy may write in several ways, also in brackets and with a
 * port: dotted decimal or RFC 5952. An IPv4 address within IPv6 (`::ffff:192.0.2.1`) becomes the IPv4
 * address. Null for everything else: a zone is meaningful on one machine only, and readers disagree
 * about `0x7f.1`, `2130706433` and `010.0.0.1`.
 */
export function readAddress(text: string): string | null {
  if (text.length > TEXT_MAX) return null
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text)
  const withPort = /^([\d.]+):(\d{1,5})$/.exec(text)
  const [, host = text, port = '0'] = bracketed ?? withPort ?? []
  return Number(port) > 65_535 ? null : canonical(host)
}

function canonical(text: string): string | null {
  const family = isIP(text)
  if (family === 4) return text
  if (family === 0 || text.includes('%')) return null
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return isMapped(address) ? address.slice(V4_MAPPED.length) : address
}

const isMapped = (address: string) => address.startsWith(V4_MAPPED) && address.includes('.')

export interface AddressRange {
  /** The first address of the range, or any other, in its one spelling. */
  address: string
  family: 'ipv4' | 'ipv6'
  /** The length of the prefix. */
  bits: number
}

/** Reads an address or a CIDR; null for any other text. */
export function readRange(text: string): AddressRange | null {
  const [host = '', given, ...rest] = text.split('/')
  const address = canonical(host)
  if (address === null || rest.length > 0) return null
  const bitsMax = isIP(host) === 4 ? 32 : 128
  if (given !== undefined && !(/^\d{1,3}$/.test(given) && Number(given) <= bitsMax)) return null
  const bits = given === undefined ? bitsMax : Number(given)
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  if (family === 'ipv6' || bitsMax === 32) return { address, family, bits }
  // A range wider than the block of IPv4-mapped addresses is an IPv6 range.
  if (bits < V4_MAPPED_BITS) return { address: V4_MAPPED + address, family: 'ipv6', bits }
  return { address, family, bits: bits - V4_MAPPED_BITS }
}

/** @param ranges addresses and CIDRs as text; null allows all addresses */
export function addressCheck(ranges: readonly string[] | null): (address: string) => boolean {
  if (ranges === null) return () => true
  return rangeMatcher(ranges.map(readRange).filter((range) => range !== null))
}

/** Whether all addresses of the first range are in the second. */
export function isWithin(inner: AddressRange, outer: AddressRange): boolean {
  const isSameKind = inner.family === outer.family && inner.bits >= outer.bits
  return isSameKind && rangeMatcher([outer])(inner.address)
}

/** A range as a CIDR, or as an address if it holds only one. */
export function rangeText({ address, family, bits }: AddressRange): string {
  return bits === (family === 'ipv4' ? 32 : 128) ? address : `${address}/${bits}`
}

/** Returns a function that tells whether an address, in its one spelling, is in one of the ranges. */
export function rangeMatcher(ranges: readonly AddressRange[]): (address: string) => boolean {
  // A list with both families would find every IPv4 address within `::/16`.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const { address, family, bits } of ranges) lists[family].addSubnet(address, bits, family)
  return (address) => {
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    return lists[family].check(address, family)
  }
}
