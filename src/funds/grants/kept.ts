import { type Account, type Hold, available } from '../posting.ts'
import { type Grant, type Pieces, isOlder, sumOf } from './grant.ts'
import { type Going, freedOf, least, positive } from './standing.ts'

/**
 * What a transfer takes: an amount in the order of all charges, in addition to the pieces in `due`.
 */
type Taking = (amount: bigint, due: Pieces) => Pieces

/**
 * What a capture takes from grants. It takes in the order of all charges, as long as that leaves
 * enough for later holds. Otherwise it first takes as much as necessary of what ended grants keep
 * for its own hold, which later holds can't use anyway. The grant that ended first comes first.
 * @param kept ended grants, in the order in which they ended
 * @param account as it is before the hold ends
 */
export function captureOf(
  kept: readonly Grant[],
  account: Account,
  hold: Hold,
  captured: bigint,
  takingOf: Taking,
): Pieces {
  const wanted = leastOf(kept, account, hold, captured)
  const isEnough = (pieces: Pieces) => {
    const taken = new Map(pieces)
    let sum = 0n
    return kept.every(({ seq }, index) => {
      sum += BigInt(taken.get(Number(seq)) ?? 0)
      return sum >= (wanted[index] ?? 0n)
    })
  }
  const own = kept.filter((grant) => isOlder(hold, grant))
  const taking = (first: bigint) => {
    const due = oldest(own, first)
    return takingOf(captured - sumOf(due), due)
  }
  let pieces = taking(0n)
  // Finds the least amount that is enough by bisection: a larger one never takes less from ended
  // grants.
  for (let [low, high] = [0n, captured]; !isEnough(pieces) && low < high;) {
    const middle = (low + high) / 2n
    if (isEnough(taking(middle))) high = middle
    else low = middle + 1n
    if (low === high) pieces = taking(low)
  }
  return pieces
}

/** For each grant: the least that the capture must take from it and all that ended before it. */
function leastOf(kept: readonly Grant[], account: Account, hold: Hold, captured: bigint): bigint[] {
  let sum = 0n
  return kept.map((grant) => {
    const { remaining, older } = grant
    sum += remaining
    if (!isOlder(hold, grant)) return 0n
    const needed = older.open - account.creditLimit
    const spare = available(account) + (needed > hold.amount ? needed : hold.amount) - sum
    return captured - positive(spare)
  })
}

/** Takes an amount from the grants that ended first. */
function oldest(kept: readonly Grant[], amount: bigint): Pieces {
  const pieces: Pieces = []
  let left = amount
  for (const { seq, remaining } of kept) {
    const part = least(remaining, left)
    if (part === 0n) break
    pieces.push([Number(seq), Number(part)])
    left -= part
  }
  return pieces
}

/**
 * What expires of ended grants when a hold ends.
 * @param rest what the hold had set aside and a capture has not taken
 * @param taken what the capture takes from grants
 * @param account as it is after that, except for what expires
 */
export function freedBy(
  kept: readonly Grant[],
  hold: Hold,
  rest: bigint,
  taken: Pieces,
  account: Account,
): Going[] {
  const takenOf = new Map(taken)
  const first = kept.findIndex((grant) => isOlder(hold, grant))
  const freeing = kept.map((grant, index) => ({
    grant,
    left: grant.remaining - BigInt(takenOf.get(Number(grant.seq)) ?? 0),
    open: grant.older.open,
    ended: index === first ? rest : 0n,
  }))
  return freedOf(freeing, available(account), account.creditLimit)
}
