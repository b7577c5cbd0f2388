import { type Grant, byEnd, isEnded, isExpiring } from './grant.ts'

/** What of an account decides on its ended grants. */
export interface Position {
  balance: bigint
  held: bigint
  /** The part of `held` that is of holds whose time is over. */
  lapsed: bigint
  /** What `lapsed` was when this was last decided. */
  lapsedBefore: bigint
  creditLimit: bigint
}

/** What goes of a grant that has ended. */
export interface Going {
  grant: Grant
  /** May be 0, where open holds need all of it. */
  amount: bigint
}

export interface Standing {
  /** Without what has expired and no open hold needs. */
  balance: bigint
  /** Of the balance: what remains of grants that have not ended. */
  granted: bigint
  nextExpiry: { at: Date; amount: bigint } | null
}

/**
 * What is over of an account's grants. Expiry takes only what no open hold needs; what it left goes when
 * the holds end. The outcome is the same however often this was asked and written in between.
 * @param grants those with something left
 */
export function goingOf(position: Position, grants: Iterable<Grant>, now: Date): Going[] {
  const kept: Grant[] = []
  const expiring: Grant[] = []
  for (const grant of grants) {
    if (grant.closedAt !== null) kept.push(grant)
    else if (isExpiring(grant, now)) expiring.push(grant)
  }
  const going =
    kept.length === 0 ? [] : freedOf(kept, position, position.lapsed - position.lapsedBefore)
  let free = availableOf(position)
  for (const { amount } of going) free -= amount
  for (const grant of expiring.toSorted(byEnd)) {
    const amount = least(free > 0n ? free : 0n, grant.remaining)
    going.push({ grant, amount })
    free -= amount
  }
  return going
}

/**
 * What is no longer needed of ended grants, oldest end first, when holds end. Credit covers a hold as
 * other money does, so that what is kept for holds never exceeds what they need beyond the credit.
 * @param ended what the holds had set aside that a capture has not taken
 * @param position as it is after they have ended
 * @param takenOf what a capture takes of each of them by itself
 */
export function freedOf(
  kept: Grant[],
  { held, lapsed, creditLimit }: Pick<Position, 'held' | 'lapsed' | 'creditLimit'>,
  ended: bigint,
  takenOf: (grant: Grant) => bigint = () => 0n,
): Going[] {
  const left = kept.map((grant) => ({ grant, amount: grant.remaining - takenOf(grant) }))
  const sum = left.reduce((total, { amount }) => total + amount, 0n)
  const needed = positive(held - lapsed - creditLimit)
  let freed = sum - least(positive(sum - positive(ended)), needed)
  const going: Going[] = []
  for (const { grant, amount } of left.toSorted((a, b) => byEnd(a.grant, b.grant))) {
    if (freed === 0n) break
    const part = least(freed, amount)
    if (part > 0n) going.push({ grant, amount: part })
    freed -= part
  }
  return going
}

/** How an account with grants stands, whether what is over has been written or not. */
export function standingOf(position: Position, grants: readonly Grant[], now: Date): Standing {
  let { balance } = position
  for (const { amount } of goingOf(position, grants, now)) balance -= amount
  let granted = 0n
  let nextExpiry: Standing['nextExpiry'] = null
  for (const grant of grants) {
    const { expiresAt, remaining } = grant
    if (isEnded(grant, now)) continue
    granted += remaining
    if (expiresAt === null || remaining === 0n) continue
    if (nextExpiry === null || expiresAt < nextExpiry.at) nextExpiry = { at: expiresAt, amount: 0n }
    if (expiresAt.getTime() === nextExpiry.at.getTime()) nextExpiry.amount += remaining
  }
  return { balance, granted, nextExpiry }
}

function availableOf({ balance, held, lapsed, creditLimit }: Position): bigint {
  return balance - held + lapsed + creditLimit
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
