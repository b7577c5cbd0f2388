import { desc, eq, lt, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { PageRequest } from '../http/pagination.ts'
import { violates } from '../database/faults.ts'
import type { Database, Transaction } from '../database/index.ts'
import { HAS_ROOM, type Weight, weightOf } from '../database/page-weight.ts'
import { Refusal } from '../refusals/index.ts'
import { changesOf, followPrices, writePrices } from './prices.ts'
import { plans } from './tables.ts'

export type PlanRow = typeof plans.$inferSelect

export type PlanDraft = Pick<
  PlanRow,
  | 'name'
  | 'rank'
  | 'checkout'
  | 'features'
  | 'limits'
  | 'metered'
  | 'licenseDays'
  | 'licenseGraceDays'
>

/**
 * Creates or replaces the plan from the draft, and queues a job for each open subscription whose
 * price now means it.
 * @param prices Stripe's prices; those that the plan had before still mean it, until another plan
 * names them
 * @throws Refusal `PRICE_TAKEN` when another plan has one of them, or `VALIDATION_FAILED` for metrics
 * that are paid in several assets
 */
export async function putPlan(
  db: Database,
  actor: Actor,
  id: string,
  draft: PlanDraft,
  prices: readonly string[],
): Promise<{ plan: PlanRow; toUpdate: number }> {
  refuseMixedAssets(draft.metered)
  try {
    return await db.transaction(async (tx) => {
      const set = { ...draft, stripePriceId: prices[0] ?? null }
      const changed = await changesOf(tx, id, prices)
      const [plan] = await tx
        .insert(plans)
        .values({ id, ...set })
        .onConflictDoUpdate({ target: plans.id, set: { ...set, updatedAt: sql`now()` } })
        .returning()
      if (plan === undefined) throw new Error('The plan was not written')
      await writePrices(tx, id, prices)
      const metadata = { ...draft, stripePriceIds: prices }
      await recordAudit(tx, actor, { event: 'plan.updated', subject: id, metadata })
      return { plan, toUpdate: await followPrices(tx, changed) }
    })
  } catch (error) {
    if (violates(error, 'plans_stripe_price_id')) throw new Refusal('PRICE_TAKEN')
    throw error
  }
}

/** A customer pays from one account, which has one asset. */
function refuseMixedAssets(metered: PlanDraft['metered']): void {
  const assets = Object.values(metered ?? {}).flatMap((one) =>
    one.via === 'funds' ? [one.asset] : [],
  )
  if (new Set(assets).size <= 1) return
  const details = [{ path: '/metered', message: 'has prices in more than one asset' }]
  throw new Refusal('VALIDATION_FAILED', { details })
}

/** @throws Refusal `PLAN_NOT_FOUND` */
export async function getPlan(db: Database | Transaction, id: string): Promise<PlanRow> {
  const [row] = await db.select().from(plans).where(eq(plans.id, id))
  if (row === undefined) throw new Refusal('PLAN_NOT_FOUND')
  return row
}

/** The plan that a body names. @throws Refusal `VALIDATION_FAILED` if it does not exist */
export async function namedPlan(db: Database | Transaction, id: string): Promise<PlanRow> {
  const [row] = await db.select().from(plans).where(eq(plans.id, id))
  if (row === undefined) throw unknownPlan()
  return row
}

export function unknownPlan(): Refusal {
  const details = [{ path: '/plan', message: 'is not the id of a plan' }]
  return new Refusal('VALIDATION_FAILED', { details })
}

/** What of a plan may be long: its JSON, and its prices, which are shown with it. */
const LONG_PARTS = sql`features, limits, metered, checkout,
  (select string_agg(price_id, '') from plan_prices p where p.plan_id = found.id)`

/** One plan more than the page has, unless it ends early because of what its plans weigh. */
export async function listPlans(db: Database, page: PageRequest): Promise<(PlanRow & Weight)[]> {
  const found = db
    .select()
    .from(plans)
    .where(page.before === null ? undefined : lt(plans.seq, page.before))
    .orderBy(desc(plans.seq))
    .limit(page.limit + 1)
    .as('found')
  const weighed = db
    .select({ ...found._.selectedFields, ...weightOf(LONG_PARTS, sql`seq desc`) })
    .from(found)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(desc(weighed.seq))
}
