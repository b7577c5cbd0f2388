import { Type } from '@sinclair/typebox'
import { rangeText, readRange } from './addresses.ts'
import { invalid } from './schemas.ts'

const ADDRESSES_MAX = 100

/** The addresses from which a key or a token may be used. */
export const AllowedIps = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: ADDRESSES_MAX,
  uniqueItems: true,
  description: 'Addresses and CIDRs. From any other address it is refused like a wrong one.',
  examples: [['192.0.2.7', '2001:db8::/32']],
})

/** @throws Refusal `VALIDATION_FAILED` for an entry that is neither an address nor a CIDR */
export function readAllowedIps(given: readonly string[] | undefined): string[] | null {
  if (given === undefined) return null
  return given.map((text, index) => {
    const range = readRange(text)
    if (range === null) throw invalid(`/allowed_ips/${index}`, 'is neither an address nor a CIDR')
    return rangeText(range)
  })
}
