import { canonicalJson } from '../encoding/canonical-json.ts'
import { Refusal } from '../refusals/index.ts'
import { sha256 } from '../encoding/sha256.ts'

/**
 * The idempotency key of a call: from the header, the body, or both if they agree; null without one.
 * @throws Refusal `VALIDATION_FAILED` when they differ
 */
export function idempotencyKey(
  headers: { 'idempotency-key'?: string },
  body: { idempotency_key?: string },
): string | null {
  const header = headers['idempotency-key']
  if (header !== undefined && (body.idempotency_key ?? header) !== header) {
    const details = [{ path: '/idempotency_key', message: 'differs from the header' }]
    throw new Refusal('VALIDATION_FAILED', { details })
  }
  return header ?? body.idempotency_key ?? null
}

/** SHA-256 of the meaning of a request: white space and the order of fields make no difference. */
export function fingerprint(...meaning: readonly unknown[]): Buffer {
  return sha256(canonicalJson(meaning))
}
