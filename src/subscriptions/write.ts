import { isDeepStrictEqual } from 'node:util'
import { eq, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import { array } from '../database/arrays.ts'
import type { Transaction } from '../database/index.ts'
import type { Bill } from './bills.ts'
import { plansOfSubscriptions } from './held.ts'
import { type Knowledge, type Known, supersededBy } from './knowledge.ts'
import { presentSubscription } from './present.ts'
import { type SubscriptionRow, dateOf, secondsOf, stateOf } from './row.ts'
import { standingOf } from './standing.ts'
import { type Item, type StripeSubscription, type SubscriptionState, isSame } from './state.ts'
import { type PlanTold, subscriptions } from './tables.ts'

export const STRIPE: Actor = { id: 'stripe', ip: null }

/**
 * Puts what is known now into the subscription's row.
 * @param bills with what was heard of them
 */
export async function write(
  tx: Transaction,
  heard: StripeSubscription,
  knowledge: Knowledge,
  customerId: string,
  row: SubscriptionRow | undefined,
  bills: readonly Bill[],
): Promise<SubscriptionRow> {
  const { state } = knowledge
  const since = knowledge.source === 'event' ? knowledge.at : (knowledge.since ?? null)
  const isAsBefore = row !== undefined && isSame(stateOf(row), state)
  const values = {
    customerId,
    stripeCustomerId: heard.stripeCustomerId,
    status: state.status,
    items: [...state.items],
    heldItems: heldItemsOf(state, bills),
    bills: [...bills],
    latestInvoice: state.latestInvoice,
    pause: state.pause,
    cancelAt: dateOf(state.cancelAt),
    cancelAtPeriodEnd: state.cancelAtPeriodEnd,
    endedAt: dateOf(state.endedAt),
    named: state.named ?? '',
    changedAt: isAsBefore ? (row.changedAt ?? dateOf(since)) : dateOf(since),
    ...(await firstItemOf(tx, state)),
    version: (row?.version ?? 0n) + 1n,
    updatedAt: new Date(),
    superseded: supersededBy(row === undefined ? null : knownOf(row), knowledge),
    ...(knowledge.source === 'fetch' && { fetchedAt: dateOf(knowledge.at) }),
    ...(knowledge.source === 'event' && {
      eventAt: dateOf(knowledge.at),
      eventRank: knowledge.rank,
    }),
  }
  const [written] = await tx
    .insert(subscriptions)
    .values({ id: heard.id, createdAt: dateOf(heard.createdAt) ?? new Date(), ...values })
    .onConflictDoUpdate({ target: subscriptions.id, set: values })
    .returning()
  if (written === undefined) throw new Error('The subscription was not written')
  return written
}

/** The items that count instead of the row's own; null if its own count. */
export function heldItemsOf(state: SubscriptionState, bills: readonly Bill[]): Item[] | null {
  const { items, paid } = standingOf(state, bills)
  return paid === 'earlier' || paid === 'nothing' ? [...items] : null
}

const INT_MAX = 2_147_483_647

/** For the previous version: the item of a plan, otherwise the first. */
async function firstItemOf(tx: Transaction, { items }: SubscriptionState) {
  const prices = items.map(({ price }) => price)
  const meanings = await tx.execute<{ price: string; plan: string }>(sql`
    select price_id as price, plan_id as plan from price_meanings
    where price_id = any(${array(prices)}::text[])`)
  const planOf = new Map(meanings.map(({ price, plan }) => [price, plan]))
  const item = items.find(({ price }) => planOf.has(price)) ?? items[0]
  return {
    stripePriceId: item?.price ?? null,
    plan: planOf.get(item?.price ?? '') ?? null,
    quantity: Math.min(item?.quantity ?? 1, INT_MAX),
    currentPeriodStart: dateOf(item?.start ?? null),
    currentPeriodEnd: dateOf(item?.end ?? null),
  }
}

/** What is known of a subscription, from its row. */
export function knownOf(row: SubscriptionRow): Known {
  return {
    state: stateOf(row),
    eventAt: secondsOf(row.eventAt),
    eventRank: row.eventRank,
    superseded: row.superseded,
    fetchedAt: secondsOf(row.fetchedAt),
    since: secondsOf(row.changedAt),
  }
}

/**
 * Records what a subscription is to a customer: to one who has it no longer, a subscription without
 * plans.
 */
export async function recordChange(
  tx: Transaction,
  customerId: string,
  row: SubscriptionRow,
  actor = STRIPE,
): Promise<void> {
  const isOwn = row.customerId === customerId
  const plans = isOwn ? ((await plansOfSubscriptions(tx, [row.id])).get(row.id) ?? []) : []
  const shown = presentSubscription(row, plans)
  if (isOwn) await noteTold(tx, row, shown.plans)
  await recordAudit(tx, actor, {
    event: 'subscription.updated',
    subject: customerId,
    metadata: {
      subscription: row.id,
      status: row.status,
      plan: shown.plan,
      plans: shown.plans,
      quantity: shown.quantity,
      current_period_end: shown.current_period_end,
      cancel_at_period_end: row.cancelAtPeriodEnd,
      ends_at: shown.ends_at,
      paused: shown.paused,
    },
  })
}

/**
 * Records a subscription if its plans differ from those that were last recorded. They change without
 * the subscription when another plan gets its price, or when an invoice decides which items count.
 */
export async function recordOtherPlans(
  tx: Transaction,
  row: SubscriptionRow,
  actor = STRIPE,
): Promise<void> {
  if (row.endedAt !== null) return
  const plans = (await plansOfSubscriptions(tx, [row.id])).get(row.id) ?? []
  const shown = presentSubscription(row, plans).plans
  const told = row.told ?? (await lastRecorded(tx, row)) ?? shown
  if (isDeepStrictEqual(told, shown)) await noteTold(tx, row, shown)
  else await recordChange(tx, row.customerId, row, actor)
}

/** The plans in the newest record of a row of the previous version, which does not have them. */
async function lastRecorded(tx: Transaction, row: SubscriptionRow): Promise<PlanTold[] | null> {
  const [record] = await tx.execute<{ plans: PlanTold[] | null }>(sql`
    select metadata->'plans' as plans from audit_records
    where subject = ${row.customerId} and event = 'subscription.updated'
      and metadata->>'subscription' = ${row.id}
    order by id desc limit 1`)
  return record?.plans ?? null
}

async function noteTold(tx: Transaction, row: SubscriptionRow, told: PlanTold[]): Promise<void> {
  if (isDeepStrictEqual(row.told, told)) return
  await tx.update(subscriptions).set({ told }).where(eq(subscriptions.id, row.id))
}
