import { and, eq, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from '../database/index.ts'
import { holds } from '../funds/tables.ts'
import type { Movement, Place } from '../funds/operations.ts'
import { fingerprint } from '../http/idempotency.ts'
import { Refusal } from '../refusals/index.ts'
import { type TakingRow, isSettledDispute, setHold } from './takings.ts'

/** `db` is the transaction that has locked the payment. */
export type SettlingTill = Pick<FastifyInstance, 'funds' | 'holdsDisputes'> & { db: Transaction }

/** In front of a dispute, the key of its hold. A caller's key has no space, so the two never meet. */
const KEY = ' stripe '

/**
 * Brings what is held for each dispute to what is wanted: less, once some of the payment is gone otherwise,
 * and more again. Where disputes are not held, what is there stays until they are decided.
 * @param wanted by dispute, in the account's unit
 * @returns whether it came out so; another process may have held another amount at the same time
 */
export async function syncHolds(
  till: SettlingTill,
  { accountId, seq: topUpSeq }: Place,
  takings: readonly TakingRow[],
  wanted: ReadonlyMap<string, bigint>,
): Promise<boolean> {
  const changes: Change[] = []
  for (const { id, holdSeq, status } of takings) {
    const amount = till.holdsDisputes ? (wanted.get(id) ?? 0n) : 0n
    const hold = holdSeq === null ? null : { accountId, seq: holdSeq }
    if (hold !== null && !till.holdsDisputes && !isSettledDispute(status)) continue
    const before = hold === null ? 0n : await heldBy(till.db, hold)
    if (before !== amount) changes.push({ id, holdSeq, before, amount })
  }
  // What is held less for one may be what is held more for another: never more than there is.
  changes.sort((a, b) => Number(a.amount > a.before) - Number(b.amount > b.before))
  let isRight = true
  for (const { id, holdSeq, amount } of changes) {
    if (holdSeq !== null) await releaseDispute(till, { accountId, seq: holdSeq }, id)
    const held =
      amount === 0n
        ? null
        : await holdAnew(till, { accountId, seq: topUpSeq }, { id, amount, instead: holdSeq })
    // A hold that is over is remembered, because the key of the next one contains its number.
    await setHold(till.db, id, held?.seq ?? holdSeq)
    if (held !== null && held.amount !== amount) isRight = false
  }
  return isRight
}

interface Change {
  id: string
  holdSeq: bigint | null
  before: bigint
  amount: bigint
}

/** The amount that a hold keeps; 0 once it is over. */
async function heldBy(db: Transaction, { accountId, seq }: Place): Promise<bigint> {
  const [row] = await db
    .select({ amount: holds.amount })
    .from(holds)
    .where(and(eq(holds.accountId, accountId), eq(holds.seq, seq), sql`${holds.status} = 'open'`))
  return row?.amount ?? 0n
}

interface Wanted {
  /** The dispute, `dp_…`. */
  id: string
  amount: bigint
  /** The hold whose place it takes: the key is another one then. */
  instead: bigint | null
}

/**
 * Makes a new hold. If the earlier hold is unknown here, its key returns that one although it is
 * over. Then this asks again with a key that names it.
 */
async function holdAnew(till: SettlingTill, charge: Place, wanted: Wanted) {
  const held = await holdForDispute(till, charge, wanted)
  if (held === null) return null
  const { accountId } = charge
  const isOver = (await heldBy(till.db, { accountId, seq: held.seq })) === 0n
  return isOver ? holdForDispute(till, charge, { ...wanted, instead: held.seq }) : held
}

/** @returns null where the account is closed, and nobody could spend what is left in it */
async function holdForDispute(
  till: SettlingTill,
  charge: Place,
  { id, amount, instead }: Wanted,
): Promise<{ seq: bigint; amount: bigint } | null> {
  try {
    const { transfer } = await till.funds.move({
      kind: 'hold',
      charge,
      amount,
      idempotencyKey: `${KEY}${id}${instead === null ? '' : ` ${instead}`}`,
      fingerprint: fingerprint('dispute', id),
      ...noted(id),
    })
    return transfer
  } catch (error) {
    if (error instanceof Refusal && error.code === 'TRANSFER_NOT_FOUND') return null
    throw error
  }
}

/** An erasure may have ended it before, or this process when it was stopped in the middle. */
async function releaseDispute(till: SettlingTill, hold: Place, id: string): Promise<void> {
  try {
    await till.funds.move({
      kind: 'release',
      hold,
      isAny: true,
      idempotencyKey: null,
      fingerprint: fingerprint('release', id),
      ...noted(id),
    })
  } catch (error) {
    const isGone =
      error instanceof Refusal && ['HOLD_CLOSED', 'HOLD_NOT_FOUND'].includes(error.code)
    if (!isGone) throw error
  }
}

function noted(id: string): Pick<Movement, 'reason' | 'reference' | 'metadata' | 'actor'> {
  return { reason: 'dispute', reference: id, metadata: null, actor: { id: 'stripe', ip: null } }
}
