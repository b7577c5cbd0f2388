import { and, eq, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from '../database/index.ts'
import { NotDone } from '../funds/many/queue.ts'
import { type Moved, type Movement, type Place, newOperation } from '../funds/operations.ts'
import { holds } from '../funds/tables.ts'
import { fingerprint } from '../http/idempotency.ts'
import { Attempt } from '../http/outcomes/attempt.ts'
import { Refusal, type RefusalCode } from '../refusals/index.ts'
import { type TakingRow, isSettledDispute, setHold } from './takings.ts'

/** `db` is the transaction that has locked the payment. */
export type SettlingTill = Pick<FastifyInstance, 'funds' | 'holdsDisputes'> & { db: Transaction }

/** In front of a dispute, the key of its hold. A caller's key has no space, so the two never meet. */
const KEY = ' stripe '

/** Another amount to be held for a dispute. */
interface Change {
  /** The dispute, `dp_…`. */
  id: string
  /** The hold whose place it takes, open or not. */
  holdSeq: bigint | null
  before: bigint
  amount: bigint
}

/**
 * What has to change so that the wanted amount is held for each dispute: less, once some of the payment
 * is gone otherwise, and more again. Where disputes are not held, what is there stays until they are decided.
 * @param wanted by dispute, in the account's unit
 */
export async function changesOf(
  till: SettlingTill,
  { accountId }: Place,
  takings: readonly TakingRow[],
  wanted: ReadonlyMap<string, bigint>,
): Promise<Change[]> {
  const changes: Change[] = []
  for (const { id, holdSeq, status } of takings) {
    const amount = till.holdsDisputes ? (wanted.get(id) ?? 0n) : 0n
    if (holdSeq !== null && !till.holdsDisputes && !isSettledDispute(status)) continue
    const before = holdSeq === null ? 0n : await heldBy(till.db, { accountId, seq: holdSeq })
    if (before !== amount) changes.push({ id, holdSeq, before, amount })
  }
  return changes
}

/**
 * Books what Stripe has taken back, and these changes, all in one transaction: of what is held, or is to
 * be, nothing is free in between.
 * @returns whether it came out so; another process may have held another amount at the same time
 */
export async function moveWithHolds(
  till: SettlingTill,
  topUp: Place,
  reversal: Movement,
  changes: readonly Change[],
): Promise<boolean> {
  if (changes.length === 0) {
    await till.funds.move(reversal)
    return true
  }
  const fresh = changes.filter(({ amount }) => amount > 0n)
  // What is held less for one may be what is held more for another: never more than there is.
  const ending = changes.flatMap((change) => releaseOf(topUp, change))
  const making = fresh.map((change) => holdOf(topUp, change))
  const moved = await moveAll(till, [reversal, ...ending, ...making])
  if (moved === null) return false
  let isRight = true
  for (const [index, { id, amount }] of fresh.entries()) {
    const made = moved[1 + ending.length + index]?.transfer
    if (made === undefined) throw new Error('A hold was not made')
    // One that is over is remembered too, because the key of the next one contains its number.
    await setHold(till.db, id, made.seq)
    // Under its key there may be one that was made before, and is over or has another amount.
    if ((await heldBy(till.db, made)) !== amount) isRight = false
  }
  return isRight
}

/** @returns null where the account or a hold has ended meanwhile: there is something else to do then */
async function moveAll(
  till: SettlingTill,
  movements: readonly Movement[],
): Promise<Moved[] | null> {
  try {
    return await till.funds.moveTogether(movements.map(newOperation), false, new Attempt())
  } catch (error) {
    if (!(error instanceof NotDone)) throw error
    const reasons = error.outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    const other = reasons.find((reason: unknown) => !isEnded(reason))
    if (other !== undefined) throw other
    return null
  }
}

/** An erasure ends holds, and leaves nothing of which there could be others. */
function isEnded(reason: unknown): boolean {
  const codes: RefusalCode[] = ['HOLD_CLOSED', 'HOLD_NOT_FOUND', 'TRANSFER_NOT_FOUND']
  return reason instanceof Refusal && codes.includes(reason.code)
}

/** The amount that a hold keeps; 0 once it is over. */
async function heldBy(db: Transaction, { accountId, seq }: Place): Promise<bigint> {
  const [row] = await db
    .select({ amount: holds.amount })
    .from(holds)
    .where(and(eq(holds.accountId, accountId), eq(holds.seq, seq), sql`${holds.status} = 'open'`))
  return row?.amount ?? 0n
}

function releaseOf({ accountId }: Place, { id, holdSeq, before }: Change): Movement[] {
  if (holdSeq === null || before === 0n) return []
  const hold = { accountId, seq: holdSeq }
  const named = { idempotencyKey: null, fingerprint: fingerprint('release', id), ...noted(id) }
  return [{ kind: 'release', hold, isAny: true, ...named }]
}

function holdOf(charge: Place, { id, holdSeq, amount }: Change): Movement {
  return {
    kind: 'hold',
    charge,
    amount,
    idempotencyKey: `${KEY}${id}${holdSeq === null ? '' : ` ${holdSeq}`}`,
    fingerprint: fingerprint('dispute', id),
    ...noted(id),
  }
}

function noted(id: string): Pick<Movement, 'reason' | 'reference' | 'metadata' | 'actor'> {
  return { reason: 'dispute', reference: id, metadata: null, actor: { id: 'stripe', ip: null } }
}
