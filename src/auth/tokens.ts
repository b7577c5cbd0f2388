import { timingSafeEqual } from 'node:crypto'
import type { Tokens } from '../process/config.ts'
import { sha256 } from '../encoding/sha256.ts'

/**
 * Makes a check of presented tokens against those in use. It compares digests of equal length with
 * every token, match or not, so its time is independent of what was presented.
 * @returns the matching token's id, or null
 */
export function tokenMatcher(tokens: Tokens): (presented: string) => string | null {
  const known = tokens.filter((token) => token !== '').map(sha256)
  return (presented) => {
    const digest = sha256(presented)
    let id: string | null = null
    for (const candidate of known) {
      if (timingSafeEqual(candidate, digest)) id = idOf(candidate)
    }
    return id
  }
}

/** The id of a token in records: the first 8 hex digits of its SHA-256. */
export function tokenId(token: string): string {
  return idOf(sha256(token))
}

function idOf(digest: Buffer): string {
  return digest.toString('hex', 0, 4)
}
