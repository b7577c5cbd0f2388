import { type Grant, byEnd, isEnded, isExpiring, isKept } from './grant.ts'

/** What of an account decides on its ended grants. */
export interface Position {
  balance: bigint
  held: bigint
  /** The part of `held` that is of holds whose time is over. */
  lapsed: bigint
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
  const all = [...grants]
  const kept = keptOf(all)
  let free = availableOf(position)
  const going = freedOf(kept.map(sinceWritten), free, position.creditLimit)
  for (const { amount } of going) free -= amount
  for (const grant of all.filter((one) => isExpiring(one, now)).toSorted(byEnd)) {
    const amount = least(positive(free), grant.remaining)
    going.push({ grant, amount })
    free -= amount
  }
  return going
}

/** The ended grants that keep something for holds, in the order in which they ended. */
export function keptOf(grants: readonly Grant[]): Grant[] {
  return grants.filter(isKept).toSorted(byEnd)
}

/** An ended grant at the moment when holds end. */
export interface Freeing {
  grant: Grant
  /** What remains of it after what a capture takes. */
  left: bigint
  /** What older holds still set aside. */
  open: bigint
  /**
   * What ending holds had set aside and did not take, if this is the first ended grant they are
   * older than.
   */
  ended: bigint
}

/** Counts each hold that has ended by time alone at the first ended grant that it is older than. */
function sinceWritten(grant: Grant, index: number, kept: readonly Grant[]): Freeing {
  const { remaining: left, older } = grant
  const before = kept[index - 1]?.older.over ?? 0n
  return { grant, left, open: older.open, ended: positive(older.over - before) }
}

/**
 * What ended grants no longer need to keep when holds end, earliest end first. Each grant is kept
 * for holds that were made before its end, and expires with them. It never keeps more than these
 * holds need beyond the credit limit, because credit covers a hold as other money does.
 * @param kept in the order in which they ended
 * @param available after the holds have ended; what expires never takes the account below its floor
 */
export function freedOf(kept: readonly Freeing[], available: bigint, creditLimit: bigint): Going[] {
  const left = kept.map((one) => one.left)
  let spare = available
  /** How many of the oldest have nothing left. */
  let gone = 0
  /** @returns how much was freed */
  const free = (amount: bigint, from: number, until: number): bigint => {
    let freed = 0n
    while (left[gone] === 0n) gone++
    for (let index = Math.max(from, gone); index < until && freed < amount; index++) {
      const part = least(left[index] ?? 0n, amount - freed)
      left[index] = (left[index] ?? 0n) - part
      freed += part
    }
    spare -= freed
    return freed
  }
  kept.forEach(({ ended }, index) => free(ended, index, kept.length))
  let sum = 0n
  kept.forEach(({ open }, index) => {
    sum += left[index] ?? 0n
    const excess = sum - positive(open - creditLimit)
    sum -= free(least(excess, positive(spare)), 0, index + 1)
  })
  return kept
    .map(({ grant, left: before }, index) => ({ grant, amount: before - (left[index] ?? 0n) }))
    .filter(({ amount }) => amount > 0n)
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

export function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
