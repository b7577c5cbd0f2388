import { checksum62, randomBase62 } from '../../encoding/ids.ts'

/** `cust_<16 base62>_<8 of key id, 32 random, 6 of checksum>`. */
const API_KEY = /^(cust_[0-9A-Za-z]{16})_([0-9A-Za-z]{8})[0-9A-Za-z]{32}([0-9A-Za-z]{6})$/

export interface ParsedKey {
  customerId: string
  keyId: string
}

export function newApiKey(customerId: string): { apiKey: string; keyId: string } {
  const keyId = randomBase62(8)
  const unchecked = `${customerId}_${keyId}${randomBase62(32)}`
  return { apiKey: unchecked + checksum62(unchecked), keyId }
}

/** The parts of a well-formed key; null for any other text, without a query. */
export function parseApiKey(presented: string): ParsedKey | null {
  const [, customerId, keyId, checksum] = API_KEY.exec(presented) ?? []
  if (customerId === undefined || keyId === undefined) return null
  return checksum62(presented.slice(0, -6)) === checksum ? { customerId, keyId } : null
}
