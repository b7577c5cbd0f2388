import { hash } from 'node:crypto'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { commitmentsOf } from './commitments.ts'
import type { Pieces } from './grants/grant.ts'
import { type Transfer, isOwnKey } from './operations.ts'
import { EFFECTS, type TransferKind } from './posting.ts'
import { holdId, transferId } from './ids.ts'
import { presentPieces } from './present.ts'
import type { LogRecord } from '../audit/records.ts'

/** The log's event for each kind of transfer. */
const EVENTS = {
  deduct: 'funds.deducted',
  top_up: 'funds.topped_up',
  stripe_top_up: 'funds.topped_up',
  stripe_reversal: 'funds.refunded',
  stripe_reinstatement: 'funds.topped_up',
  forfeit: 'funds.deducted',
  write_off: 'funds.topped_up',
  adjustment: 'funds.adjusted',
  refund: 'funds.refunded',
  hold: 'funds.held',
  capture: 'funds.captured',
  release: 'funds.released',
  grant: 'funds.topped_up',
  void: 'funds.deducted',
  expire: 'funds.deducted',
} as const satisfies Record<TransferKind, string>

export const TRANSFER_EVENTS: ReadonlySet<string> = new Set(Object.values(EVENTS))

/**
 * A transfer as read for the log, with its place in the batch. It travels as JSON without field
 * names, because postgres.js would parse each value separately.
 */
export type LoggedTransfer = [index: number, movement: LoggedMovement, personal: LoggedPersonal]

type LoggedMovement = [
  accountId: number,
  seq: number,
  kind: TransferKind,
  asset: string,
  amount: number,
  debitAccountId: number,
  creditAccountId: number,
  targetSeq: number | null,
  balanceAfter: number,
  heldAfter: number,
  availableAfter: number,
  actor: string,
  createdAt: string,
  grants: Pieces | null,
]

type LoggedPersonal = [
  /** Hexadecimal; null once the account's personal data is erased. */
  salt: string | null,
  ip: string | null,
  reason: string | null,
  reference: string | null,
  metadata: Record<string, unknown> | null,
  idempotencyKey: string,
  /** Hexadecimal. */
  fingerprint: string,
  ipCommitment: string | null,
  detailsCommitment: string | null,
  /** Whether the account is closed, so that no value is shown even before it is erased. */
  isClosed: boolean,
]

/** The names of the system accounts, by id. */
export type SystemNames = Record<string, string>

export interface TransferOptions {
  /** Whether personal values replace their commitments, where they are still kept. */
  isShown: boolean
  systems: SystemNames
}

/**
 * The record of a transfer that has just been committed, equal to the one that the database would
 * give.
 */
export function committedRecord(transfer: Transfer, salt: Buffer, recordSeq: number): LogRecord {
  const { kind } = transfer
  const own = `acct_${transfer.accountId}`
  const named = (side: string) => (side === 'user' ? own : side)
  const { debit, credit } = EFFECTS[kind]
  const isTaken = kind === 'adjustment' && transfer.debitAccountId === transfer.accountId
  return movementRecord(
    {
      accountId: transfer.accountId,
      seq: transfer.seq,
      kind,
      asset: transfer.asset,
      amount: Number(transfer.amount),
      debit: named(isTaken ? credit : debit),
      credit: named(isTaken ? debit : credit),
      targetSeq: transfer.targetSeq,
      balanceAfter: Number(transfer.balanceAfter),
      heldAfter: Number(transfer.heldAfter),
      availableAfter: Number(transfer.availableAfter),
      actor: transfer.actor,
      createdAt: transfer.createdAt,
      grants: transfer.grants,
    },
    commitmentsOf(salt, transfer),
    recordSeq,
  )
}

/** The record of a transfer that was read from the database. */
export function transferRecord(
  movement: LoggedMovement,
  personal: LoggedPersonal,
  recordSeq: number,
  { isShown, systems }: TransferOptions,
): LogRecord {
  const [accountId, seq, kind, asset, amount, debit, credit, targetSeq] = movement
  const [, , , , , , , , balanceAfter, heldAfter, availableAfter, actor, createdAt, grants] =
    movement
  const isClosed = personal[9]
  return movementRecord(
    {
      accountId: BigInt(accountId),
      seq: BigInt(seq),
      kind,
      asset,
      amount,
      debit: systems[debit] ?? `acct_${debit}`,
      credit: systems[credit] ?? `acct_${credit}`,
      targetSeq: targetSeq === null ? null : BigInt(targetSeq),
      balanceAfter,
      heldAfter,
      availableAfter,
      actor,
      createdAt: new Date(createdAt),
      grants,
    },
    isShown && !isClosed ? valuesIn(personal) : commitmentsIn(personal, BigInt(seq)),
    recordSeq,
  )
}

interface LoggedValues {
  accountId: bigint
  seq: bigint
  kind: TransferKind
  asset: string
  amount: number
  debit: string
  credit: string
  targetSeq: bigint | null
  balanceAfter: number
  heldAfter: number
  availableAfter: number
  actor: string
  createdAt: Date
  grants: Pieces | null
}

/** The record of a movement, without user ids, since these may be personal data. */
function movementRecord(
  transfer: LoggedValues,
  { ip, details }: { ip: string | null; details: unknown },
  seq: number,
): LogRecord {
  const { accountId, kind, targetSeq, grants } = transfer
  const idOfTarget = kind === 'capture' || kind === 'release' ? holdId : transferId
  return {
    seq,
    timestamp: transfer.createdAt.toISOString(),
    event: EVENTS[kind],
    actor: transfer.actor,
    subject: `acct_${accountId}`,
    ip,
    metadata: {
      amount: transfer.amount,
      asset: transfer.asset,
      available_after: transfer.availableAfter,
      balance_after: transfer.balanceAfter,
      credit: transfer.credit,
      debit: transfer.debit,
      details,
      // A record of before there were grants has none.
      ...(grants !== null && { grants: loggedPieces(accountId, grants) }),
      held_after: transfer.heldAfter,
      kind,
      target_id: targetSeq === null ? null : idOfTarget({ accountId, seq: targetSeq }),
      transfer_id: transferId(transfer),
    },
  }
}

/** An entry of the log has at most 65,535 bytes. This leaves enough for the rest of the record. */
const PIECES_BYTES_MAX = 60_000

/** The pieces, or only their digest if they are too many: the transfer itself has them. */
function loggedPieces(accountId: bigint, grants: Pieces) {
  const pieces = presentPieces(accountId, grants)
  const text = canonicalJson(pieces)
  return text.length <= PIECES_BYTES_MAX ? pieces : `sha256:${hash('sha256', text, 'hex')}`
}

function commitmentsIn(personal: LoggedPersonal, seq: bigint) {
  const [salt, ip, reason, reference, metadata, idempotencyKey, fingerprint, ...kept] = personal
  const [ipKept, detailsKept] = kept
  if (salt === null || detailsKept !== null) return { ip: ipKept, details: detailsKept }
  return commitmentsOf(Buffer.from(salt, 'hex'), {
    seq,
    idempotencyKey,
    fingerprint: Buffer.from(fingerprint, 'hex'),
    reason,
    reference,
    metadata,
    ip,
  })
}

function valuesIn(personal: LoggedPersonal) {
  const [, ip, reason, reference, metadata, key, , ipKept, detailsKept] = personal
  if (detailsKept !== null) return { ip: ipKept, details: detailsKept }
  const idempotency_key = isOwnKey(key) ? null : key
  return { ip, details: { idempotency_key, metadata, reason, reference } }
}
