import { Refusal } from '../refusals.ts'

/** 2^53 - 1: amounts and balances are exact in every JSON reader. */
export const AMOUNT_MAX = 9_007_199_254_740_991n

export type TransferKind = 'deduct' | 'top_up'

/** The account that money goes to or comes from, by kind of transfer. */
export const COUNTERPARTY = { deduct: 'revenue', top_up: 'adjustments' } as const satisfies Record<
  TransferKind,
  string
>

export interface Account {
  id: bigint
  userId: string
  asset: string
  status: 'active' | 'frozen' | 'closed'
  balance: bigint
  held: bigint
  creditLimit: bigint
  /** The number of transfers so far. */
  seq: bigint
  updatedAt: Date
}

/** What can be deducted now: the balance without what is held, and with the credit. */
export function available(account: Pick<Account, 'balance' | 'held' | 'creditLimit'>): bigint {
  return account.balance - account.held + account.creditLimit
}

/**
 * The account after a transfer; knows neither HTTP nor SQL. Amounts are at least 1, and the
 * transfer's time is never before the account's last change.
 * @throws Refusal `ACCOUNT_FROZEN`, `INSUFFICIENT_FUNDS` or `BALANCE_LIMIT`; the account stays as it is
 */
export function post(account: Account, kind: TransferKind, amount: bigint, now: Date): Account {
  const balance = kind === 'deduct' ? deduct(account, amount) : account.balance + amount
  if (balance > AMOUNT_MAX) throw new Refusal('BALANCE_LIMIT')
  const updatedAt = now > account.updatedAt ? now : account.updatedAt
  return { ...account, balance, seq: account.seq + 1n, updatedAt }
}

function deduct(account: Account, amount: bigint): bigint {
  if (account.status !== 'active') throw new Refusal('ACCOUNT_FROZEN')
  if (amount > available(account)) throw new Refusal('INSUFFICIENT_FUNDS')
  return account.balance - amount
}
