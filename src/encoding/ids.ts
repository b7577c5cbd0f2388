import { createHash, randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Random base62 characters, each equally likely: bytes from 248 on are discarded and drawn again. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < 248) text += ALPHABET[byte % 62]
    }
  }
  return text
}

/**
 * The first 32 bits of SHA-256 as 6 base62 characters: distinguishes a mistyped key from an unknown
 * one.
 */
export function checksum62(text: string): string {
  let rest = createHash('sha256').update(text).digest().readUInt32BE()
  let checksum = ''
  for (let digit = 0; digit < 6; digit++) {
    checksum = ALPHABET[rest % 62] + checksum
    rest = Math.floor(rest / 62)
  }
  return checksum
}
