import type { Account, Hold } from '../posting.ts'
import { type Grant, type Pieces, byTaking, isEnded, isOlder, sumOf } from './grant.ts'
import { positive } from './standing.ts'

/**
 * The grants of a batch, in memory: those of its accounts that have something left, and those that a
 * call names. What is taken or given changes them here.
 */
export function openGrants(grants: readonly Grant[], now: Date) {
  const accounts = new Map<bigint, Map<bigint, Grant>>()
  const changed = new Set<Grant>()
  for (const grant of grants) keep(grant)

  /** A grant may be read twice, as one with something left and as one that is named. */
  function keep(grant: Grant): void {
    const own = accounts.get(grant.accountId)
    if (own === undefined) accounts.set(grant.accountId, new Map([[grant.seq, grant]]))
    else if (!own.has(grant.seq)) own.set(grant.seq, grant)
  }

  function find(accountId: bigint, seq: bigint): Grant | undefined {
    return accounts.get(accountId)?.get(seq)
  }

  /** Those of an account that have something left. */
  function open(accountId: bigint): Grant[] {
    return [...(accounts.get(accountId)?.values() ?? [])].filter(({ remaining }) => remaining > 0n)
  }

  function activeCount(accountId: bigint): number {
    return open(accountId).filter((grant) => !isEnded(grant, now)).length
  }

  function add(grant: Grant): Grant {
    keep(grant)
    changed.add(grant)
    return grant
  }

  /**
   * What a transfer would take, in the order in which grants pay.
   * @param mayPay whether an ended grant may pay for this transfer; all other grants may
   * @param due pieces that are taken in any case, in addition to the amount
   */
  function takingOf(
    accountId: bigint,
    amount: bigint,
    mayPay: (ended: Grant) => boolean,
    due: Pieces = [],
  ): Pieces {
    const pieces: Pieces = []
    const dueOf = new Map(due)
    let left = amount
    for (const grant of open(accountId).toSorted(byTaking)) {
      const taken = BigInt(dueOf.get(Number(grant.seq)) ?? 0)
      const rest = isEnded(grant, now) && !mayPay(grant) ? 0n : grant.remaining - taken
      const part = rest < left ? rest : left
      if (taken + part > 0n) pieces.push([Number(grant.seq), Number(taken + part)])
      left -= part
    }
    return pieces
  }

  /** An active one of which nothing remains is spent, and a spent one to which something is given is active. */
  function change(grant: Grant, difference: bigint): void {
    grant.remaining += difference
    if (grant.closedAt === null) grant.status = grant.remaining > 0n ? 'active' : 'spent'
    changed.add(grant)
  }

  /**
   * Takes pieces, and more if the grants would otherwise exceed the balance: after Stripe has taken
   * money back, a capture may find too little other money.
   * @param account as it is after the transfer, except for its grants
   */
  function take({ id, balance, granted }: Account, wanted: Pieces): Pieces | null {
    const missing = granted - sumOf(wanted) - positive(balance)
    const pieces = missing > 0n ? takingOf(id, missing, () => true, wanted) : wanted
    for (const [seq, amount] of pieces) {
      const grant = find(id, BigInt(seq))
      if (grant !== undefined) change(grant, -BigInt(amount))
    }
    return pieces.length > 0 ? pieces : null
  }

  /**
   * Ends a grant. What remains of it is kept for the holds that are open now, not for later ones.
   */
  function end(
    grant: Grant,
    status: 'expired' | 'voided',
    at: Date,
    { seq, held, lapsed }: Pick<Account, 'seq' | 'held' | 'lapsed'>,
  ): void {
    grant.status = status
    grant.closedAt = at
    grant.closedSeq = seq
    grant.older = { open: held - lapsed, over: 0n }
    changed.add(grant)
  }

  /** Notes in ended grants that a hold, which still counted, is about to end. */
  function endHold(hold: Pick<Hold, 'accountId' | 'seq' | 'amount'>): void {
    for (const grant of open(hold.accountId)) {
      const { open: sum, over } = grant.older
      if (isOlder(hold, grant)) grant.older = { open: sum - hold.amount, over }
    }
  }

  return {
    find,
    open,
    activeCount,
    add,
    takingOf,
    change,
    take,
    end,
    endHold,
    changed: () => [...changed],
  }
}

export type GrantBook = ReturnType<typeof openGrants>

/**
 * What a refund gives back to the grants that a charge took from, the last taken first: other money came
 * after them all, so that it goes back before them.
 * @param before what has been given back of the charge already
 */
export function givenBack(
  charge: { amount: bigint; grants: Pieces | null },
  before: bigint,
  amount: bigint,
): { seq: bigint; amount: bigint }[] {
  const taken = charge.grants ?? []
  const parts: { seq: bigint; amount: bigint }[] = []
  // Where the part of each grant begins and ends, counted from the last unit that was taken.
  let begin = charge.amount - taken.reduce((sum, [, part]) => sum + BigInt(part), 0n)
  for (const [seq, part] of taken.toReversed()) {
    const end = begin + BigInt(part)
    const from = before > begin ? before : begin
    const to = before + amount < end ? before + amount : end
    if (to > from) parts.push({ seq: BigInt(seq), amount: to - from })
    begin = end
  }
  return parts
}
