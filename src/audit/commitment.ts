import { hash, randomBytes } from 'node:crypto'

/** As many bytes as the digest: as hard to guess as the digest is to invert. */
const SALT_BYTES = 32

/** A personal value, and the commitment that represents it in the log. */
export interface PersonalValue {
  commitment: string
  subject: string
  salt: Buffer
  value: string
}

/**
 * The commitment that represents a personal value in a record: `sha256:` and the hex digest of the
 * salt followed by the value in UTF-8. It can be checked with salt and value; without the salt the
 * value can't be guessed.
 */
export function commitment(salt: Buffer, value: string): string {
  const digest = hash('sha256', Buffer.concat([salt, Buffer.from(value)]), 'hex')
  return `sha256:${digest}`
}

/** A commitment with a fresh salt, so that equal values have different commitments. */
export function commitTo(subject: string, value: string): PersonalValue {
  const salt = randomBytes(SALT_BYTES)
  return { commitment: commitment(salt, value), subject, salt, value }
}
