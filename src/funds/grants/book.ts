import { type Grant, type Pieces, byTaking, isEnded } from './grant.ts'

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
   * What a transfer of an amount would take, in the order of taking.
   * @param ofEnded also of those that have ended, as far as holds still need them
   */
  function takingOf(accountId: bigint, amount: bigint, ofEnded: boolean): Pieces {
    const pieces: Pieces = []
    let left = amount
    for (const grant of open(accountId).toSorted(byTaking)) {
      if (left === 0n) break
      if (!ofEnded && isEnded(grant, now)) continue
      const part = grant.remaining < left ? grant.remaining : left
      pieces.push([Number(grant.seq), Number(part)])
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

  function takeAll(accountId: bigint, pieces: Pieces): void {
    for (const [seq, amount] of pieces) {
      const grant = find(accountId, BigInt(seq))
      if (grant !== undefined) change(grant, -BigInt(amount))
    }
  }

  function end(grant: Grant, status: 'expired' | 'voided', at: Date): void {
    grant.status = status
    grant.closedAt = at
    changed.add(grant)
  }

  return {
    find,
    open,
    activeCount,
    add,
    takingOf,
    change,
    takeAll,
    end,
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
