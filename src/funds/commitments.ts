import { commitment } from '../audit/commitment.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { sha256 } from '../encoding/sha256.ts'

/** The parts of a transfer that are or may be personal. */
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
 * The commitments that represent a transfer's personal data in the log. The salt belongs to the
 * account and exists as long as the data does. Until it is erased, the commitments can be computed
 * again at any time and need not be stored.
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

/**
 * The inputs have fixed length, so salts can't be confused; one salt may be shown without revealing
 * the others.
 */
function transferSalt(accountSalt: Buffer, seq: bigint): Buffer {
  const message = Buffer.alloc(accountSalt.length + 8)
  accountSalt.copy(message)
  message.writeBigInt64BE(seq, accountSalt.length)
  return sha256(message)
}
