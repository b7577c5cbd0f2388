import { Refusal } from '../refusals/index.ts'
import type { Notes } from './budgets/budget.ts'

/** 2^53 - 1: amounts and balances are exact in every JSON reader. */
export const AMOUNT_MAX = 9_007_199_254_740_991n

export const SYSTEM_ACCOUNTS = ['adjustments', 'breakage', 'holds', 'revenue', 'stripe'] as const

type Side = 'user' | (typeof SYSTEM_ACCOUNTS)[number]

interface Effect {
  debit: Side
  credit: Side
  /** The effect of one unit on the user's balance, and on its held part. */
  balance: -1n | 0n | 1n
  held: -1n | 0n | 1n
}

/** Every kind of transfer: its two sides, and its effect on the user's account. */
export const EFFECTS = {
  deduct: { debit: 'user', credit: 'revenue', balance: -1n, held: 0n },
  top_up: { debit: 'adjustments', credit: 'user', balance: 1n, held: 0n },
  stripe_top_up: { debit: 'stripe', credit: 'user', balance: 1n, held: 0n },
  stripe_reversal: { debit: 'user', credit: 'stripe', balance: -1n, held: 0n },
  stripe_reinstatement: { debit: 'stripe', credit: 'user', balance: 1n, held: 0n },
  /** The remaining balance of an erased user, or the debt of one. */
  forfeit: { debit: 'user', credit: 'adjustments', balance: -1n, held: 0n },
  write_off: { debit: 'adjustments', credit: 'user', balance: 1n, held: 0n },
  /** What an operator moves by hand; with an amount below zero, the other way. */
  adjustment: { debit: 'adjustments', credit: 'user', balance: 1n, held: 0n },
  refund: { debit: 'revenue', credit: 'user', balance: 1n, held: 0n },
  hold: { debit: 'user', credit: 'holds', balance: 0n, held: 1n },
  capture: { debit: 'holds', credit: 'revenue', balance: -1n, held: -1n },
  release: { debit: 'holds', credit: 'user', balance: 0n, held: -1n },
  grant: { debit: 'adjustments', credit: 'user', balance: 1n, held: 0n },
  /** What was left of a grant that was voided, or has expired. */
  void: { debit: 'user', credit: 'breakage', balance: -1n, held: 0n },
  expire: { debit: 'user', credit: 'breakage', balance: -1n, held: 0n },
} as const satisfies Record<string, Effect>

export type TransferKind = keyof typeof EFFECTS

export const TRANSFER_KINDS = Object.keys(EFFECTS) as [TransferKind, ...TransferKind[]]

/** What is booked whatever the account says: of some it is decided elsewhere how much there is. */
const UNCONDITIONAL: ReadonlySet<TransferKind> = new Set([
  'stripe_reversal',
  'forfeit',
  'void',
  'expire',
])

export interface Account {
  id: bigint
  userId: string
  asset: string
  status: 'active' | 'frozen' | 'closed'
  /** The user's money, including held amounts. */
  balance: bigint
  held: bigint
  /** The part of `held` that belongs to expired holds, and no longer counts. */
  lapsed: bigint
  /** The part of the balance that is in grants, what holds need of ended ones included. */
  granted: bigint
  /** How many grants it has had, and the number of the newest. */
  grantCount: bigint
  /** How many budgets the account has. */
  budgetCount: number
  creditLimit: bigint
  lowBalanceAt: bigint | null
  /** A balance below it leaves an intent to top up; null where none is to be left now. */
  autoTopUpBelow: bigint | null
  /** Stripe has taken money back, which may leave the balance below its floor. */
  chargedBack: boolean
  /** The balance is below `lowBalanceAt`, and this has been reported. */
  isLow: boolean
  /** The number of transfers so far. */
  seq: bigint
  updatedAt: Date
  /** The salt of the commitments to its transfers' personal data; null once that is erased. */
  salt: Buffer | null
}

export interface Hold {
  accountId: bigint
  /** The number of the transfer that made it. */
  seq: bigint
  amount: bigint
  captured: bigint
  status: 'open' | 'captured' | 'released' | 'expired'
  expiresAt: Date
  closedAt: Date | null
  /** Of the transfer that made it, by which budgets count it; left out where none are. */
  notes?: Notes | null
}

/**
 * What can be deducted now: the balance minus held amounts that still count, plus the credit limit.
 */
export function available(
  account: Pick<Account, 'balance' | 'held' | 'lapsed' | 'creditLimit'>,
): bigint {
  return account.balance - account.held + account.lapsed + account.creditLimit
}

/** Whether it has fallen so low that it is topped up by itself. */
export function isToBeToppedUp(
  account: Pick<Account, 'status' | 'balance' | 'chargedBack' | 'autoTopUpBelow'>,
): boolean {
  const { status, balance, chargedBack, autoTopUpBelow: below } = account
  return below !== null && balance < below && status === 'active' && !chargedBack
}

/** Whether the deductible amount could exceed what every JSON reader keeps exactly. */
export function isBeyondLimit(account: Pick<Account, 'balance' | 'creditLimit'>): boolean {
  return account.balance + account.creditLimit > AMOUNT_MAX
}

/**
 * The account after a transfer; the one that was given stays as it is. The transfer's time is never
 * before the account's last change.
 * @param amount of an adjustment, below zero where it takes from the account
 * @param isForced what has happened at Stripe is booked whatever the account says
 * @throws Refusal `ACCOUNT_FROZEN`, `INSUFFICIENT_FUNDS` or `BALANCE_LIMIT`
 */
export function post(
  account: Account,
  kind: TransferKind,
  amount: bigint,
  now: Date,
  isForced = false,
): Account {
  const effect = EFFECTS[kind]
  // Money that Stripe has taken back is gone, whatever the account's state; and an erasure must
  // always succeed.
  const isTaken = amount < 0n
  if ((effect.debit === 'user' || isTaken) && !isForced && !UNCONDITIONAL.has(kind)) {
    if (account.status !== 'active' && !isTaken) throw new Refusal('ACCOUNT_FROZEN')
    if ((isTaken ? -amount : amount) > available(account)) throw new Refusal('INSUFFICIENT_FUNDS')
  }
  const balance = account.balance + effect.balance * amount
  const held = account.held + effect.held * amount
  // An account that exceeded the limit before it existed may still come down.
  const isRaised = balance > account.balance
  if (isRaised && balance + account.creditLimit > AMOUNT_MAX) throw new Refusal('BALANCE_LIMIT')
  const least = balance - held + account.lapsed + account.creditLimit
  if (balance < -AMOUNT_MAX || least < -AMOUNT_MAX) throw new Refusal('BALANCE_LIMIT')
  return {
    ...account,
    balance,
    held,
    // What is held for a dispute may have been spent before.
    chargedBack: account.chargedBack || kind === 'stripe_reversal' || (isForced && least < 0n),
    isLow: account.lowBalanceAt !== null && balance < account.lowBalanceAt,
    seq: account.seq + 1n,
    updatedAt: now > account.updatedAt ? now : account.updatedAt,
  }
}

/**
 * The amount that a refund of a charge returns.
 * @param asked null for all that is left
 * @throws Refusal `NOT_REFUNDABLE`, or `ALREADY_REFUNDED` if the refund exceeds what is left
 */
export function refundable(
  charge: { kind: TransferKind; amount: bigint },
  refunded: bigint,
  asked: bigint | null,
): bigint {
  if (charge.kind !== 'deduct' && charge.kind !== 'capture') throw new Refusal('NOT_REFUNDABLE')
  const left = charge.amount - refunded
  if (left === 0n || (asked ?? left) > left) throw new Refusal('ALREADY_REFUNDED')
  return asked ?? left
}

/**
 * The amount that Stripe takes back of a top-up now; negative if it returns money.
 * @param reversed what is already taken back
 * @param total all that Stripe has taken back of it and not returned
 * @throws Refusal `NOT_REFUNDABLE`
 */
export function reversible(
  topUp: { kind: TransferKind; amount: bigint },
  reversed: bigint,
  total: bigint,
): bigint {
  if (topUp.kind !== 'stripe_top_up') throw new Refusal('NOT_REFUNDABLE')
  return (total < topUp.amount ? total : topUp.amount) - reversed
}

/**
 * The amount that a capture takes from an open hold.
 * @param asked null for the whole hold
 * @throws Refusal `HOLD_CLOSED` or `AMOUNT_EXCEEDS_HOLD`
 */
export function capturable(hold: Hold, asked: bigint | null): bigint {
  if (hold.status !== 'open') throw new Refusal('HOLD_CLOSED')
  if ((asked ?? hold.amount) > hold.amount) throw new Refusal('AMOUNT_EXCEEDS_HOLD')
  return asked ?? hold.amount
}

/**
 * The end of the year 9999. A hold for a dispute never expires; callers neither make it nor end it.
 */
export const NEVER = new Date(253_402_300_799_000)

export function isForDispute(hold: Hold): boolean {
  return hold.expiresAt >= NEVER
}

export function isLapsed(hold: Hold, now: Date): boolean {
  return hold.status === 'open' && hold.expiresAt <= now
}
