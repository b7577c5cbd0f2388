import { BlockList, SocketAddress, isIP } from 'node:net'

/** The longest address in brackets with its port: `[ffff:…:255.255.255.255]:65535` is 53 characters. */
const TEXT_MAX = 64

const V4_MAPPED = '::ffff:'
const V4_MAPPED_BITS = 96

/**
 * The one text of an address that a proxy may write in several ways, also in brackets and with a port:
 * dotted decimal or RFC 5952, and for an IPv4 address within IPv6 (`::ffff:192.0.2.1`) the IPv4 one.
 * Null for all else: a zone means something on one machine only, and `0x7f.1`, `2130706433` and
 * `010.0.0.1` mean different things to different readers.
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
  /** The first address, or any other, in its one text. */
  address: string
  family: 'ipv4' | 'ipv6'
  /** How many of the first bits are the range's. */
  bits: number
}

/** An address or a CIDR; null for what is neither. */
export function readRange(text: string): AddressRange | null {
  const [host = '', given, ...rest] = text.split('/')
  const address = canonical(host)
  if (address === null || rest.length > 0) return null
  const bitsMax = isIP(host) === 4 ? 32 : 128
  if (given !== undefined && !(/^\d{1,3}$/.test(given) && Number(given) <= bitsMax)) return null
  const bits = given === undefined ? bitsMax : Number(given)
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  if (family === 'ipv6' || bitsMax === 32) return { address, family, bits }
  // Wider than the block of such addresses, it is a range of IPv6.
  if (bits < V4_MAPPED_BITS) return { address: V4_MAPPED + address, family: 'ipv6', bits }
  return { address, family, bits: bits - V4_MAPPED_BITS }
}

/** Whether an address, in its one text, is in one of the ranges. */
export function rangeMatcher(ranges: readonly AddressRange[]): (address: string) => boolean {
  // A list of both families would find every IPv4 address within `::/16`.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const { address, family, bits } of ranges) lists[family].addSubnet(address, bits, family)
  return (address) => {
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    return lists[family].check(address, family)
  }
}
