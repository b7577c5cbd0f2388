import { asc, eq, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import type { stripePayments } from './tables.ts'
import { stripeTakings } from './tables.ts'

export type TakingRow = typeof stripeTakings.$inferSelect

/** A refund or a dispute, as an event reports it. */
export type Taking = Omit<TakingRow, 'holdSeq'>

/** In the order of their lives; a status in neither list counts as running. */
const STAGES = {
  refund: ['pending', 'requires_action', 'succeeded', 'canceled', 'failed'],
  dispute: [
    'warning_needs_response',
    'warning_under_review',
    'warning_closed',
    'prevented',
    'needs_response',
    'under_review',
    'lost',
    'appeal_needs_response',
    'appeal_under_review',
    'won',
  ],
} as const

const RETURNED: readonly string[] = ['failed', 'canceled']
/** Stripe keeps the money of a lost dispute while an appeal runs. */
const LOST: readonly string[] = ['lost', 'appeal_needs_response', 'appeal_under_review']
const OVER: readonly string[] = [...LOST, 'won', 'warning_closed', 'prevented']

export function isSettledDispute(status: string): boolean {
  return OVER.includes(status)
}

export function isLostDispute(status: string): boolean {
  return LOST.includes(status)
}

/**
 * Notes the newest known state. A failed or cancelled refund stays so. For a dispute the later event
 * is newer, and within a second the later stage, because a dispute may be won after it was lost; at the
 * same stage the one with less, of which a part has been returned since. A status in neither list does
 * not undo a loss.
 */
export async function noteTaking(db: Database, taking: Taking): Promise<void> {
  const listed = (stages: readonly string[]) => stages.map((stage) => `'${stage}'`).join(', ')
  const rank = sql.raw(`array_position(array[${listed(STAGES[taking.kind])}], `)
  const stageOf = (row: string) => sql`coalesce(${rank}${sql.raw(`${row}.status`)}), 0)`
  const [fresh, known] = [stageOf('excluded'), stageOf('stripe_takings')]
  const isNewer =
    taking.kind === 'refund'
      ? sql`(${fresh}, excluded.at) > (${known}, stripe_takings.at)`
      : sql`(excluded.at, ${fresh}, -excluded.amount)
            > (stripe_takings.at, ${known}, -stripe_takings.amount)
          and (${fresh} > 0 or stripe_takings.status not in (${sql.raw(listed(LOST))}))`
  const newer = (column: string) =>
    sql`case when ${isNewer} then ${sql.raw(`excluded.${column}`)} else ${sql.raw(`stripe_takings.${column}`)} end`
  await db
    .insert(stripeTakings)
    .values(taking)
    .onConflictDoUpdate({
      target: stripeTakings.id,
      set: {
        amount: newer('amount'),
        status: newer('status'),
        at: newer('at'),
        whole: sql`coalesce(excluded.whole, stripe_takings.whole)`,
        // The money was withdrawn if any event of the same second says so.
        isWithdrawn: sql`excluded.is_withdrawn or stripe_takings.is_withdrawn`,
      },
    })
}

/** The refunds and disputes of a payment. */
export function takingsOf(db: Database, paymentId: string): Promise<TakingRow[]> {
  return db
    .select()
    .from(stripeTakings)
    .where(eq(stripeTakings.paymentId, paymentId))
    .orderBy(asc(stripeTakings.id))
}

export async function setHold(db: Database, id: string, holdSeq: bigint | null): Promise<void> {
  await db.update(stripeTakings).set({ holdSeq }).where(eq(stripeTakings.id, id))
}

type Paid = Pick<
  typeof stripePayments.$inferSelect,
  'currency' | 'refunded' | 'refundedAt' | 'updatedAt' | 'lost'
> & { paid: bigint }

/**
 * How much of a payment is gone, and how much is held for each open dispute, in the payment's
 * currency: never more than was paid.
 */
export function worthOfTakings(
  payment: Paid,
  takings: readonly TakingRow[],
): { minor: bigint; held: [dispute: string, minor: bigint][] } {
  const { paid } = payment
  const share = (one: TakingRow) => shareOf(payment, one)
  const sum = (rows: readonly TakingRow[]) => rows.reduce((total, one) => total + share(one), 0n)
  const refunds = takings.filter(({ kind }) => kind === 'refund')
  const disputes = takings.filter(({ kind }) => kind === 'dispute')

  // The charge's own sum contains every refund, also those whose own events have not arrived. A
  // refund that failed after the sum was reported is still in it.
  const since = payment.refundedAt ?? payment.updatedAt
  const returned = refunds.filter(({ status, at }) => RETURNED.includes(status) && at >= since)
  const standing = refunds.filter(({ status }) => !RETURNED.includes(status))
  const refunded = larger(payment.refunded - sum(returned), sum(standing))

  const won = disputes.filter(({ status }) => status === 'won')
  const lost = disputes.filter(({ status }) => LOST.includes(status))
  const minor = smaller(refunded + larger(payment.lost - sum(won), sum(lost)), paid)
  let left = paid - minor
  const held = disputes
    .filter(({ status, isWithdrawn }) => isWithdrawn && !OVER.includes(status))
    .map((one): [string, bigint] => {
      const amount = smaller(share(one), left)
      left -= amount
      return [one.id, amount]
    })
  return { minor, held }
}

/**
 * An amount in another currency is a share of the charge; without a known total it counts as the
 * whole charge.
 */
function shareOf({ currency, paid }: Paid, one: TakingRow): bigint {
  if (one.currency === currency) return one.amount
  return one.whole === null || one.whole === 0n ? paid : (one.amount * paid) / one.whole
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
