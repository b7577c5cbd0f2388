import { type Account, type Hold, available } from '../posting.ts'
import { type Grant, type Pieces, isOlder, sumOf } from './grant.ts'
import { type Going, freedOf, least, positive } from './standing.ts'

/** What a transfer takes: of an amount in the order of all charges, beside what is due of some. */
type Taking = (amount: bigint, due: Pieces) => Pieces

/**
 * What a capture takes: in the order of all charges, as long as later holds have enough without it. What is
 * kept of ended grants is for older holds alone, and would go; so otherwise as much of that as it takes comes
 * first, from what has ended first.
 * @param kept in the order in which they ended
 * @param account before the hold has ended
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
  // The least that is enough, by halves: more of it is never less of what is kept.
  for (let [low, high] = [0n, captured]; !isEnough(pieces) && low < high;) {
    const middle = (low + high) / 2n
    if (isEnough(taking(middle))) high = middle
    else low = middle + 1n
    if (low === high) pieces = taking(low)
  }
  return pieces
}

/** How much of each grant and all that ended before it the capture has to take at least. */
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

/** An amount of what has ended first. */
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
 * What goes of ended grants with a hold.
 * @param rest what it had set aside and a capture has not taken
 * @param taken what the capture takes of grants
 * @param account after that, but for what goes
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
