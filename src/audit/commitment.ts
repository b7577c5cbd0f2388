import { hash, randomBytes } from 'node:crypto'

/** As many bytes as the digest: as hard to guess as the digest is to invert. */
const SALT_BYTES = 32

/** A value, and what stands for it in the log. */
export interface PersonalValue {
  commitment: string
  subject: string
  salt: Buffer
  value: string
}

/**
 * What stands for a personal value in a record: `sha256:` and the hex digest of the salt followed by
 * the value in UTF-8. Whoever is given both can check it; without the salt nobody can guess the value.
 */
export function commitment(salt: Buffer, value: string): string {
  const digest = hash('sha256', Buffer.concat([salt, Buffer.from(value)]), 'hex')
  return `sha256:${digest}`
}

/** A commitment under a salt of its own, so that equal values look unlike each other. */
export function commitTo(subject: string, value: string): PersonalValue {
  const salt = randomBytes(SALT_BYTES)
  return { commitment: commitment(salt, value), subject, salt, value }
}
