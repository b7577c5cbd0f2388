import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { fingerprint } from '../http/idempotency.ts'
import { accounts, transfers } from '../funds/tables.ts'
import type { Movement, Place } from '../funds/operations.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type Charge, chargeFor, worthOf } from './money.ts'
import { stripePayments } from './tables.ts'

type Payment = typeof stripePayments.$inferSelect

const STRIPE = { id: 'stripe', ip: null }

/** In front of a payment intent, the key of its top-up. A caller's key has no space, so the two never meet. */
const KEY = ' stripe '

/** The services that move money for Stripe's events. */
export type Till = Pick<FastifyInstance, 'db' | 'funds'>

/**
 * Tops an account up with what was paid, once, however often and in whatever order this is heard.
 * What Stripe has taken back already goes back at once.
 * @param paymentIntent `pi_…`, which makes the payment one
 * @throws Refusal `ACCOUNT_NOT_FOUND` or `BALANCE_LIMIT`, or Error for a sum that is not exact
 */
export async function topUpPaid(
  till: Till,
  paymentIntent: string,
  userId: string,
  charge: Charge,
): Promise<void> {
  const { asset, status } = await till.funds.balance(userId)
  // An erasure takes the keys of transfers away; the payment still says that it is booked.
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
 * Notes the payments of an account's top-ups that a process has made and was stopped before it noted
 * them: once the keys of transfers are erased, nothing else would tell that they are booked.
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

/** What Stripe has taken back of a payment: all refunds of it together, or one lost dispute. */
export type TakenBack = { refunded: bigint } | { lost: bigint }

/** Takes back what Stripe has taken back, now or when the top-up becomes known. */
export async function takeBack(
  till: Till,
  paymentIntent: string,
  currency: string,
  taken: TakenBack,
): Promise<void> {
  await settle(till, await record(till.db, paymentIntent, currency, taken))
}

/** Sums only grow, so an older event changes nothing. */
async function record(
  db: Database | Transaction,
  id: string,
  currency: string,
  news: Partial<Payment>,
): Promise<Payment> {
  const [row] = await db
    .insert(stripePayments)
    .values({ id, currency, ...news })
    .onConflictDoUpdate({
      target: stripePayments.id,
      set: {
        paid: sql`coalesce(excluded.paid, stripe_payments.paid)`,
        accountId: sql`coalesce(excluded.account_id, stripe_payments.account_id)`,
        seq: sql`coalesce(excluded.seq, stripe_payments.seq)`,
        refunded: sql`greatest(excluded.refunded, stripe_payments.refunded)`,
        lost: sql`greatest(excluded.lost, stripe_payments.lost)`,
        updatedAt: sql`now()`,
      },
    })
    .returning()
  if (row === undefined) throw new Error('The payment was not recorded')
  return row
}

/** The ledger itself knows how much of the total it has taken back before. */
async function settle(till: Till, payment: Payment): Promise<void> {
  const { id, paid, accountId, seq, refunded, lost, currency } = payment
  const minor = refunded + lost
  if (paid === null || accountId === null || seq === null || minor === 0n) return
  const charge: Place = { accountId, seq }
  const asset = await assetOf(till.db, accountId)
  const total = worthOf({ currency, minor: minor < paid ? minor : paid }, asset)
  await till.funds.move({
    kind: 'stripe_reversal',
    charge,
    total,
    idempotencyKey: null,
    fingerprint: fingerprint('stripe_reversal', id, String(total)),
    ...notes(id),
  })
}

async function assetOf(db: Database | Transaction, accountId: bigint): Promise<string> {
  const [row] = await db
    .select({ asset: accounts.asset })
    .from(accounts)
    .where(eq(accounts.id, accountId))
  if (row === undefined) throw new Error('The account is gone')
  return row.asset
}

function notes(
  paymentIntent: string,
): Pick<Movement, 'reason' | 'reference' | 'metadata' | 'actor'> {
  return { reason: 'stripe', reference: paymentIntent, metadata: null, actor: STRIPE }
}
