import { hash } from 'node:crypto'

/**
 * A SHA-256 digest; text is hashed as UTF-8. The digest is read as text and copied into the pool of
 * small buffers, because allocating memory for each one would cost more than the hashing.
 */
export function sha256(data: string | Buffer): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}
