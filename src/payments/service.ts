import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { fingerprint } from '../http/idempotency.ts'
import { accounts, transfers } from '../funds/tables.ts'
import type { Movement, Place } from '../funds/operations.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type Charge, chargeFor, wholeWorthOf, worthOf } from './money.ts'
import { stripePayments } from './tables.ts'
import { type SettlingTill, changesOf, moveWithHolds } from './dispute-holds.ts'
import { type Taking, noteTaking, takingsOf, worthOfTakings } from './takings.ts'

type Payment = typeof stripePayments.$inferSelect

const STRIPE = { id: 'stripe', ip: null }

/**
 * Precedes a payment intent in the key of its top-up. A caller's key has no space, so the two never
 * collide.
 */
const KEY = ' stripe '

/** What booking Stripe's events requires. */
export type Till = Pick<FastifyInstance, 'db' | 'funds' | 'holdsDisputes'>

/**
 * Tops up an account with what was paid, exactly once, however often and in whatever order events
 * arrive. What Stripe has already taken back is booked at once.
 * @param paymentIntent `pi_…`, which identifies the payment
 * @throws Refusal `ACCOUNT_NOT_FOUND` or `BALANCE_LIMIT`, or Error for a sum that is not exact
 */
export async function topUpPaid(
  till: Till,
  paymentIntent: string,
  userId: string,
  charge: Charge,
): Promise<void> {
  const { asset, status } = await till.funds.balance(userId)
  // An erasure deletes the keys of transfers; the payment still shows that it is booked.
  const booked = status === 'closed' ? await bookedPayment(till.db, paymentIntent) : undefined
  if (booked !== undefined) return settle(till, booked)
  const amount = worthOf(charge, asset)
  const { transfer } = await till.funds.move({
    kind: 'stripe_top_up',
    userId,
    amount,
    idempotencyKey: KEY + paymentIntent,
    fingerprint: fingerprint('stripe_top_up', paymentIntent),
    ...notes(paymentIntent),
  })
  const place = { accountId: transfer.accountId, seq: transfer.seq, paid: charge.minor }
  await settle(till, await record(till.db, paymentIntent, charge.currency, place))
}

/**
 * Notes the payments of an account's top-ups that were booked by a process which stopped before it
 * noted them. Once the keys of transfers are erased, nothing else would show that they are booked.
 */
export async function noteTopUps(
  tx: Transaction,
  account: { id: bigint; asset: string },
): Promise<void> {
  const unnoted = await tx
    .select({ seq: transfers.seq, amount: transfers.amount, key: transfers.idempotencyKey })
    .from(transfers)
    .leftJoin(
      stripePayments,
      and(eq(stripePayments.accountId, transfers.accountId), eq(stripePayments.seq, transfers.seq)),
    )
    .where(
      and(
        eq(transfers.accountId, account.id),
        eq(transfers.kind, 'stripe_top_up'),
        isNull(stripePayments.id),
      ),
    )
  for (const { seq, amount, key } of unnoted) {
    const { currency, minor } = chargeFor(amount, account.asset)
    const place = { accountId: account.id, seq, paid: minor }
    await record(tx, key.slice(KEY.length), currency, place)
  }
}

async function bookedPayment(db: Database, paymentIntent: string): Promise<Payment | undefined> {
  const [row] = await db
    .select()
    .from(stripePayments)
    .where(and(eq(stripePayments.id, paymentIntent), isNotNull(stripePayments.seq)))
  return row
}

/**
 * Notes the sum of a charge's refunds, as the charge reports it, and books it now or when the top-up
 * becomes known.
 * @param at Stripe's time
 */
export async function refundsCameTo(
  till: Till,
  paymentIntent: string,
  { currency, minor: refunded }: Charge,
  at: Date,
): Promise<void> {
  await settle(till, await record(till.db, paymentIntent, currency, { refunded, refundedAt: at }))
}

/** The currency of a payment, in lower case; null for an unknown payment. */
export async function currencyOf(db: Database, paymentIntent: string): Promise<string | null> {
  const [row] = await db
    .select({ currency: stripePayments.currency })
    .from(stripePayments)
    .where(eq(stripePayments.id, paymentIntent))
  return row?.currency ?? null
}

/** Notes a refund or a dispute, and books the consequences now or when the top-up becomes known. */
export async function taken(till: Till, taking: Taking): Promise<void> {
  await noteTaking(till.db, taking)
  const [payment] = await till.db
    .select()
    .from(stripePayments)
    .where(eq(stripePayments.id, taking.paymentId))
  if (payment !== undefined) await settle(till, payment)
}

async function record(
  db: Database | Transaction,
  id: string,
  currency: string,
  news: Partial<Payment>,
): Promise<Payment> {
  const known = sql`stripe_payments`
  // Of two sums of refunds the later one is newer; within a second, the larger one.
  const isNewer = sql`excluded.refunded_at is not null and (
    ${known}.refunded_at is null or (excluded.refunded_at, excluded.refunded)
      > (${known}.refunded_at, ${known}.refunded))`
  const [row] = await db
    .insert(stripePayments)
    .values({ id, currency, ...news })
    .onConflictDoUpdate({
      target: stripePayments.id,
      set: {
        paid: sql`coalesce(excluded.paid, ${known}.paid)`,
        accountId: sql`coalesce(excluded.account_id, ${known}.account_id)`,
        seq: sql`coalesce(excluded.seq, ${known}.seq)`,
        refunded: sql`case when ${isNewer} then excluded.refunded else ${known}.refunded end`,
        refundedAt: sql`case when ${isNewer} then excluded.refunded_at else ${known}.refunded_at end`,
        updatedAt: sql`now()`,
      },
    })
    .returning()
  if (row === undefined) throw new Error('The payment was not recorded')
  return row
}

const ROUNDS_MAX = 10

/**
 * Brings the ledger into line with what Stripe has taken back of a payment. A lock lets one process
 * at a time do so. Otherwise a process that has read older facts might act last, and give back what
 * another one took.
 */
function settle(till: Till, { id }: Payment): Promise<void> {
  return till.db.transaction(async (tx) => {
    const name = `stripe payment ${id}`
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`)
    await settleAlone({ ...till, db: tx }, id)
  })
}

/**
 * Under the account's lock, the ledger knows what is already booked. If more facts arrive during a
 * round, another one follows, so that the newest facts win.
 */
async function settleAlone(till: SettlingTill, id: string): Promise<void> {
  let last = ''
  let isRight = false
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const [payment] = await till.db.select().from(stripePayments).where(eq(stripePayments.id, id))
    if (payment === undefined) return
    const { paid, accountId, seq, currency } = payment
    if (paid === null || accountId === null || seq === null) return
    const takings = await takingsOf(till.db, id)
    const { minor, held } = worthOfTakings({ ...payment, paid }, takings)
    const facts = [minor, ...held.flat()].join(' ')
    if (isRight && facts === last) return
    last = facts
    const topUp: Place = { accountId, seq }
    const { asset, status } = await accountOf(till.db, accountId)
    const worth = (sum: bigint) => wholeWorthOf({ currency, minor: sum }, asset)
    const total = worth(minor)
    const reversal: Movement = {
      kind: 'stripe_reversal',
      charge: topUp,
      total,
      idempotencyKey: null,
      fingerprint: fingerprint('stripe_reversal', id, String(total)),
      ...notes(id),
    }
    const amounts = new Map(held.map(([dispute, sum]) => [dispute, worth(sum)]))
    // Nobody can spend what is left in a closed account, and its erasure ends the holds.
    const changes = status === 'closed' ? [] : await changesOf(till, topUp, takings, amounts)
    isRight = await moveWithHolds(till, topUp, reversal, changes)
  }
  throw new Error('What Stripe has taken back keeps changing')
}

export async function assetOf(db: Database | Transaction, accountId: bigint): Promise<string> {
  return (await accountOf(db, accountId)).asset
}

async function accountOf(db: Database | Transaction, accountId: bigint) {
  const { asset, status } = accounts
  const [row] = await db.select({ asset, status }).from(accounts).where(eq(accounts.id, accountId))
  if (row === undefined) throw new Error('The account is gone')
  return row
}

function notes(
  paymentIntent: string,
): Pick<Movement, 'reason' | 'reference' | 'metadata' | 'actor'> {
  return { reason: 'stripe', reference: paymentIntent, metadata: null, actor: STRIPE }
}
