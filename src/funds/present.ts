import type { AccountRow, TransferRow } from './accounts.ts'
import type { BalanceRow, BalanceThen } from './balances.ts'
import { type GrantFacts, type Pieces, isEnded, isExpiring } from './grants/grant.ts'
import { grantId, holdId, transferId } from './ids.ts'
import { type Moved, isOwnKey } from './operations.ts'
import { AMOUNT_MAX } from './posting.ts'

/** What a transfer took from grants or gave to them. */
export function presentPieces(accountId: bigint, pieces: Pieces | null) {
  return (pieces ?? []).map(([seq, amount]) => {
    return { grant_id: grantId({ accountId, seq: BigInt(seq) }), amount }
  })
}

/**
 * What can be deducted, never rounded. An account that exceeded 2^53 - 1 with its credit limit,
 * before that was refused, shows the largest amount of one call.
 */
function exact(availableFunds: bigint): number {
  return Number(availableFunds < AMOUNT_MAX ? availableFunds : AMOUNT_MAX)
}

export function presentAccount(row: AccountRow, now: BalanceRow) {
  return {
    ...presentBalance(now),
    credit_limit: Number(row.creditLimit),
    low_balance_at: row.lowBalanceAt === null ? null : Number(row.lowBalanceAt),
    flags: row.chargedBack ? ['charged_back' as const] : [],
    created_at: row.createdAt.toISOString(),
  }
}

export function presentBalance(row: BalanceRow) {
  return { ...presentBalanceThen(row), ...presentKnown(row) }
}

/** What can be deducted now. */
export function availableOf({ balance, held, creditLimit }: BalanceRow): number {
  return exact(balance - held + creditLimit)
}

function presentKnown(row: BalanceRow) {
  const { tier, status } = row
  return { available: availableOf(row), tier, status }
}

/** The balance at a given time; fields that are unknown for that time are null. */
export function presentBalanceThen(row: BalanceThen) {
  const { balance, held, creditLimit, granted, nextExpiry } = row
  return {
    user_id: row.userId,
    asset: row.asset,
    balance: Number(balance),
    held: Number(held),
    available: creditLimit === null ? null : exact(balance - held + creditLimit),
    tier: row.tier,
    status: row.status,
    granted: Number(granted),
    next_expiry: nextExpiry && {
      at: nextExpiry.at.toISOString(),
      amount: Number(nextExpiry.amount),
    },
    updated_at: row.updatedAt.toISOString(),
  }
}

export function presentMovement({ transfer, userId }: Moved) {
  return {
    transfer_id: transferId(transfer),
    user_id: userId,
    asset: transfer.asset,
    amount: Number(transfer.amount),
    balance: Number(transfer.balanceAfter),
    available: exact(transfer.availableAfter),
    grants: presentPieces(transfer.accountId, transfer.grants),
    created_at: transfer.createdAt.toISOString(),
  }
}

/** A grant as it is; of one that has ended nothing remains. */
export function presentGrant(grant: GrantFacts, userId: string, now: Date) {
  const { amount, remaining, priority, category, expiresAt, createdAt } = grant
  return {
    grant_id: grantId(grant),
    user_id: userId,
    amount: Number(amount),
    remaining: isEnded(grant, now) ? 0 : Number(remaining),
    priority,
    category,
    status: isExpiring(grant, now) ? ('expired' as const) : grant.status,
    expires_at: expiresAt?.toISOString() ?? null,
    created_at: createdAt.toISOString(),
  }
}

/** The hold right after the call, also when the call is repeated later. */
export function presentHold({ transfer, hold, userId }: Moved) {
  if (hold === null) throw new Error('This movement concerns no hold')
  const status = { hold: 'open', capture: 'captured', release: 'released' } as const
  if (transfer.kind !== 'hold' && transfer.kind !== 'capture' && transfer.kind !== 'release') {
    throw new Error('This transfer concerns no hold')
  }
  return {
    hold_id: holdId(hold),
    user_id: userId,
    asset: transfer.asset,
    amount: Number(hold.amount),
    captured: transfer.kind === 'capture' ? Number(transfer.amount) : 0,
    status: status[transfer.kind],
    transfer_id: transferId(transfer),
    balance: Number(transfer.balanceAfter),
    available: exact(transfer.availableAfter),
    grants: presentPieces(transfer.accountId, transfer.grants),
    expires_at: hold.expiresAt.toISOString(),
    created_at: transfer.createdAt.toISOString(),
  }
}

/** @param names of system accounts by id; an account that is not among them is the user's */
export function presentTransfer(row: TransferRow, userId: string, names: Map<bigint, string>) {
  const target = row.targetSeq === null ? null : { accountId: row.accountId, seq: row.targetSeq }
  const concernsHold = row.kind === 'capture' || row.kind === 'release'
  const idOfTarget = concernsHold ? holdId : transferId
  return {
    transfer_id: transferId(row),
    user_id: userId,
    kind: row.kind,
    target_id: target && idOfTarget(target),
    debit_account: names.get(row.debitAccountId) ?? userId,
    credit_account: names.get(row.creditAccountId) ?? userId,
    asset: row.asset,
    amount: Number(row.amount),
    balance_after: Number(row.balanceAfter),
    grants: presentPieces(row.accountId, row.grants),
    reason: row.reason,
    reference: row.reference,
    metadata: row.metadata,
    idempotency_key: isOwnKey(row.idempotencyKey) ? null : row.idempotencyKey,
    created_at: row.createdAt.toISOString(),
  }
}
