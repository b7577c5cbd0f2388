import type { AccountRow, TransferRow } from './accounts.ts'
import { available } from './posting.ts'
import type { Transfer } from './statements.ts'

/** A transfer's public id carries its place: account and number, which is also its primary key. */
export function transferId(transfer: { accountId: bigint; seq: bigint }): string {
  return `tr_${transfer.accountId}_${transfer.seq}`
}

export function presentAccount(row: AccountRow) {
  return {
    user_id: row.userId ?? '',
    tier: row.tier ?? '',
    asset: row.asset,
    status: row.status,
    balance: Number(row.balance),
    held: Number(row.held),
    available: Number(available(row)),
    credit_limit: Number(row.creditLimit),
    low_balance_at: row.lowBalanceAt === null ? null : Number(row.lowBalanceAt),
    flags: row.chargedBack ? ['charged_back' as const] : [],
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

export function presentBalance(row: AccountRow) {
  return {
    user_id: row.userId ?? '',
    asset: row.asset,
    balance: Number(row.balance),
    held: Number(row.held),
    available: Number(available(row)),
    tier: row.tier ?? '',
    status: row.status,
    updated_at: row.updatedAt.toISOString(),
  }
}

export function presentMovement(transfer: Transfer, userId: string) {
  return {
    transfer_id: transferId(transfer),
    user_id: userId,
    asset: transfer.asset,
    amount: Number(transfer.amount),
    balance: Number(transfer.balanceAfter),
    available: Number(transfer.availableAfter),
    created_at: transfer.createdAt.toISOString(),
  }
}

/** @param names of system accounts by id; the account that is none of them is the user's */
export function presentTransfer(row: TransferRow, userId: string, names: Map<bigint, string>) {
  return {
    transfer_id: transferId(row),
    kind: row.kind,
    debit_account: names.get(row.debitAccountId) ?? userId,
    credit_account: names.get(row.creditAccountId) ?? userId,
    asset: row.asset,
    amount: Number(row.amount),
    balance_after: Number(row.balanceAfter),
    reason: row.reason,
    reference: row.reference,
    metadata: row.metadata,
    // A key of our own starts with a space; the caller gave none then.
    idempotency_key: row.idempotencyKey.startsWith(' ') ? null : row.idempotencyKey,
    created_at: row.createdAt.toISOString(),
  }
}
