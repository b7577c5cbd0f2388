import { hash } from 'node:crypto'

/**
 * A SHA-256 digest, of text as UTF-8. Taken as text and copied into the pool of small buffers: memory
 * of its own for each would cost the runtime more than the hashing.
 */
export function sha256(data: string | Buffer): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}
