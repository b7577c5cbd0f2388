import type { TokenScope } from '../auth/permissions.ts'
import { checksum62, randomBase62 } from '../encoding/ids.ts'

const PREFIXES: Readonly<Record<TokenScope, string>> = { admin: 'srt_adm', internal: 'srt_int' }

/** `srt_adm_` or `srt_int_`, 12 base62 characters of token id, 32 random ones and 6 of checksum. */
const TOKEN = /^srt_(adm|int)_([0-9A-Za-z]{12})[0-9A-Za-z]{32}([0-9A-Za-z]{6})$/

export function newToken(scope: TokenScope): { token: string; tokenId: string } {
  const tokenId = randomBase62(12)
  const unchecked = `${PREFIXES[scope]}_${tokenId}${randomBase62(32)}`
  return { token: unchecked + checksum62(unchecked), tokenId }
}

/** The id in a well-formed token of that scope; null for any other text, without a query. */
export function parseToken(scope: TokenScope, presented: string): string | null {
  const [, kind, tokenId, checksum] = TOKEN.exec(presented) ?? []
  if (tokenId === undefined || PREFIXES[scope] !== `srt_${kind}`) return null
  return checksum62(presented.slice(0, -6)) === checksum ? tokenId : null
}
