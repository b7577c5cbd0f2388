import { canonicalJson } from '../encoding/canonical-json.ts'
import { leafHash } from './tree.ts'
import {
  type NoteKey,
  type Policy,
  openCheckpoint,
  provesInclusion,
  verifyProof,
} from './verifier.ts'

export type ReceiptVerdict =
  | {
      valid: true
      record: Record<string, unknown>
      index: number
      size: number
      /** For a tlog-proof: when the first of its witnesses cosigned it; null without witnesses. */
      issuedAt: Date | null
    }
  | { valid: false; reason: string }

/**
 * Verifies a transfer's receipt with the public keys alone: its record must be in the log whose
 * checkpoint was signed.
 * @param receipt as `GET /transfers/:transfer_id/receipt` answers it
 */
export async function verifyReceipt(
  receipt: unknown,
  jwks: { readonly keys: readonly object[] },
): Promise<ReceiptVerdict> {
  const { record, index, size, proof, checkpoint } = fieldsOf(receipt)
  const token = typeof checkpoint === 'string' ? checkpoint : fieldsOf(checkpoint)['token']
  const isWhole = typeof token === 'string' && typeof index === 'number' && Array.isArray(proof)
  if (!isWhole || !proof.every((one) => typeof one === 'string')) {
    return { valid: false, reason: 'it is no receipt' }
  }
  const opened = await openCheckpoint(token, jwks)
  if (opened === null)
    return { valid: false, reason: 'its checkpoint is not signed by a known key' }
  if (opened.size !== size) return { valid: false, reason: 'its checkpoint is of another size' }
  const fields = fieldsOf(record)
  if (fields['seq'] !== index) return { valid: false, reason: 'its record has another number' }
  const leaf = leafHash(Buffer.from(canonicalJson(fields)))
  const hashes = proof.map((one: string) => Buffer.from(one, 'base64'))
  if (!(await provesInclusion(leaf, index, opened, hashes))) {
    return {
      valid: false,
      reason: 'its record is not in the log that its checkpoint was signed for',
    }
  }
  return { valid: true, record: fields, index, size: opened.size, issuedAt: opened.issuedAt }
}

/**
 * Verifies a receipt that is a tlog-proof, with nothing but the keys of logs and the policy.
 * @param policy null if no witness is needed
 */
export async function verifyReceiptProof(
  text: string,
  { logs, policy }: { logs: readonly NoteKey[]; policy: Policy | null },
): Promise<ReceiptVerdict> {
  const verdict = await verifyProof(text, { logs, policy: policy ?? undefined })
  if (!verdict.valid) return verdict
  const { index, note, times } = verdict
  const record = parsed(verdict.record)
  if (record['seq'] !== index) return { valid: false, reason: 'its record has another number' }
  const issuedAt = times.length === 0 ? null : new Date(Math.min(...times.map(Number)))
  return { valid: true, record, index, size: note.size, issuedAt }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return {}
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
