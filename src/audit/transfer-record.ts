import { commitmentsOf } from '../funds/commitments.ts'
import { isOwnKey } from '../funds/operations.ts'
import type { TransferKind } from '../funds/posting.ts'
import { holdId, transferId } from '../funds/present.ts'
import type { LogRecord } from './records.ts'

/** What the log says of each kind of transfer. */
const EVENTS = {
  deduct: 'funds.deducted',
  top_up: 'funds.topped_up',
  stripe_top_up: 'funds.topped_up',
  stripe_reversal: 'funds.refunded',
  forfeit: 'funds.deducted',
  write_off: 'funds.topped_up',
  refund: 'funds.refunded',
  hold: 'funds.held',
  capture: 'funds.captured',
  release: 'funds.released',
} as const satisfies Record<TransferKind, string>

/** A transfer as it is read for the log, on the way as JSON: postgres.js would take each value apart. */
export interface LoggedTransfer {
  /** Its place in the batch. */
  index: number
  account_id: number
  seq: number
  kind: TransferKind
  asset: string
  amount: number
  debit: string
  credit: string
  target_seq: number | null
  balance_after: number
  held_after: number
  available_after: number
  actor: string
  created_at: string
  /** Hexadecimal; null once the account's personal data is erased. */
  salt: string | null
  ip: string | null
  reason: string | null
  reference: string | null
  metadata: Record<string, unknown> | null
  idempotency_key: string
  fingerprint: string
  ip_commitment: string | null
  details_commitment: string | null
}

/**
 * The record of a movement. User ids are not in it, since they may be personal data.
 * @param isShown with what its commitments stand for in their place, as far as that is kept
 */
export function transferRecord(transfer: LoggedTransfer, seq: number, isShown: boolean): LogRecord {
  const { account_id, kind, target_seq } = transfer
  const place = { accountId: BigInt(account_id), seq: BigInt(transfer.seq) }
  const target = target_seq === null ? null : { ...place, seq: BigInt(target_seq) }
  const idOfTarget = kind === 'capture' || kind === 'release' ? holdId : transferId
  const { ip, details } = isShown ? valuesIn(transfer) : commitmentsIn(transfer)
  return {
    seq,
    timestamp: new Date(transfer.created_at).toISOString(),
    event: EVENTS[kind],
    actor: transfer.actor,
    subject: `acct_${account_id}`,
    ip,
    metadata: {
      amount: transfer.amount,
      asset: transfer.asset,
      available_after: transfer.available_after,
      balance_after: transfer.balance_after,
      credit: transfer.credit,
      debit: transfer.debit,
      details,
      held_after: transfer.held_after,
      kind,
      target_id: target && idOfTarget(target),
      transfer_id: transferId(place),
    },
  }
}

function commitmentsIn(transfer: LoggedTransfer): { ip: string | null; details: string | null } {
  const { salt, ip_commitment: ip, details_commitment: details } = transfer
  if (salt === null || details !== null) return { ip, details }
  return commitmentsOf(Buffer.from(salt, 'hex'), {
    seq: BigInt(transfer.seq),
    idempotencyKey: transfer.idempotency_key,
    fingerprint: Buffer.from(transfer.fingerprint, 'hex'),
    reason: transfer.reason,
    reference: transfer.reference,
    metadata: transfer.metadata,
    ip: transfer.ip,
  })
}

function valuesIn(transfer: LoggedTransfer) {
  const { ip_commitment, details_commitment, ip, reason, reference, metadata } = transfer
  if (details_commitment !== null) return { ip: ip_commitment, details: details_commitment }
  const key = transfer.idempotency_key
  const idempotency_key = isOwnKey(key) ? null : key
  return { ip, details: { idempotency_key, metadata, reason, reference } }
}
