import { commitment } from '../audit/commitment.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { sha256 } from '../encoding/sha256.ts'

/** What is personal of a transfer, or may be. */
export interface Details {
  seq: bigint
  idempotencyKey: string
  fingerprint: Buffer
  reason: string | null
  reference: string | null
  metadata: unknown
  ip: string | null
}

/**
 * What stands in the log for a transfer's personal data. The salt is the account's, and is kept for
 * as long as the data is: until then these can be made again at any time, and need no room.
 */
export function commitmentsOf(
  accountSalt: Buffer,
  details: Details,
): { ip: string | null; details: string } {
  const { seq, ip, idempotencyKey, fingerprint, reason, reference, metadata } = details
  const salt = transferSalt(accountSalt, seq)
  const described = canonicalJson({
    fingerprint: fingerprint.toString('hex'),
    idempotency_key: idempotencyKey,
    metadata,
    reason,
    reference,
  })
  return {
    ip: ip === null ? null : commitment(salt, ip),
    details: commitment(salt, described),
  }
}

/** Of fixed length, so that no salt can be continued into another; one may be shown without the rest. */
function transferSalt(accountSalt: Buffer, seq: bigint): Buffer {
  const message = Buffer.alloc(accountSalt.length + 8)
  accountSalt.copy(message)
  message.writeBigInt64BE(seq, accountSalt.length)
  return sha256(message)
}
