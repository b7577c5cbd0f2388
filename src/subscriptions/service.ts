import {
  and,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  ne,
  notInArray,
  or,
  sql,
} from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import { isLiving } from '../customers/living.ts'
import { customers, stripeCustomers } from '../customers/tables.ts'
import { accounts } from '../funds/tables.ts'
import { type Follower, everyOne } from './followers.ts'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { type SubscribedPlan, plansOfSubscriptions } from './held.ts'
import { type Knowledge, type Known, type Verdict, supersededBy, weigh } from './knowledge.ts'
import { type SubscriptionRow, dateOf, secondsOf, stateOf } from './row.ts'
import { type Settled, settledAfter, standingOf } from './standing.ts'
import {
  ENDED,
  type Item,
  type StripeSubscription,
  type SubscriptionState,
  isSame,
} from './state.ts'
import { subscriptions } from './tables.ts'

export const STRIPE: Actor = { id: 'stripe', ip: null }

/** `unknown`: it belongs to no customer of ours. `raced`: another wrote since the version was read. */
export type Outcome = Verdict | 'unknown' | 'raced'

/** What taking in a subscription needs. */
export interface Means {
  db: Database
  keys: KeyRing
  /** In whose name it is recorded; Stripe's if left out. */
  actor?: Actor
  subscriptionFollowers: readonly Follower[]
}

/** The number of writes so far; null for a subscription that is not known yet. */
export async function versionOf(db: Database, id: string): Promise<bigint | null> {
  const [row] = await db
    .select({ version: subscriptions.version })
    .from(subscriptions)
    .where(eq(subscriptions.id, id))
  return row?.version ?? null
}

/**
 * Takes in what was heard of a subscription: its row, the customer's plan, the licences and the audit
 * records, or nothing.
 * @param version what `versionOf` said before a fetch; a write since then makes the outcome `raced`
 */
export function takeIn(
  { db, keys, subscriptionFollowers, actor = STRIPE }: Means,
  heard: StripeSubscription,
  knowledge: Knowledge,
  version?: bigint | null,
): Promise<Outcome> {
  const follower = everyOne(subscriptionFollowers)
  return db.transaction(async (tx) => {
    const customer = await ownerOf(tx, heard)
    if (customer === null) return 'unknown'
    const [row] = await tx.select().from(subscriptions).where(eq(subscriptions.id, heard.id))
    if (version !== undefined && (row?.version ?? null) !== version) return 'raced'
    const verdict = weigh(row === undefined ? null : knownOf(row), knowledge, Date.now())
    if (verdict !== 'take') {
      if (row !== undefined) await remember(tx, keys, follower, customer, row, knowledge)
      return verdict
    }
    await settleBasePlan(tx, customer.id)
    if (row !== undefined && row.customerId !== customer.id) {
      await follower.ended(tx, STRIPE, row, 'other customer')
    }
    const written = await write(tx, heard, knowledge, customer.id, row)
    const isNews = row === undefined || !isSame(stateOf(row), stateOf(written))
    if (isNews) await recordChange(tx, customer.id, written, actor)
    await follower.changed(tx, keys, actor, written, customer.status)
    return 'take'
  })
}

/**
 * Brings the licences of a subscription in step with its plans again, which may have come to mean
 * something else.
 * @returns whether anything had to be changed
 */
export function resync({ db, keys, subscriptionFollowers }: Means, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [found] = await tx
      .select({ customerId: subscriptions.customerId })
      .from(subscriptions)
      .where(eq(subscriptions.id, id))
    if (found === undefined) return false
    const [customer] = await tx
      .select({ id: customers.id, status: customers.status })
      .from(customers)
      .where(and(isLiving, eq(customers.id, found.customerId)))
      .for('no key update')
    const [row] = await tx.select().from(subscriptions).where(eq(subscriptions.id, id))
    if (customer === undefined || row === undefined) return false
    await settleBasePlan(tx, customer.id)
    // A licence that only lacks a signature by a newer key is for the next event to replace.
    const anyKey = { ...keys, verifies: () => true }
    return everyOne(subscriptionFollowers).changed(tx, anyKey, STRIPE, row, customer.status)
  })
}

/** What is no news may still tell what was paid for before: its licence may depend on that. */
async function remember(
  tx: Transaction,
  keys: KeyRing,
  follower: Follower,
  customer: Owner,
  row: SubscriptionRow,
  knowledge: Knowledge,
): Promise<void> {
  const current = stateOf(row)
  if (knowledge.source !== 'event' || standingOf(current, row.settled).paid === 'paid') return
  const past = settledAfter(row.settled, knowledge.state, knowledge.at)
  // What is owed now was not paid for before either.
  const settled = settledAfter(past, current, knowledge.at)
  const [written] = await tx
    .update(subscriptions)
    .set({ settled, heldItems: heldItemsOf(current, settled) })
    .where(eq(subscriptions.id, row.id))
    .returning()
  if (written !== undefined) await follower.changed(tx, keys, STRIPE, written, customer.status)
}

/**
 * Once, of a customer that only the version before has written: its `plan` is the operator's, unless a
 * subscription has brought it.
 */
async function settleBasePlan(tx: Transaction, customerId: string): Promise<void> {
  await tx.execute(sql`
    update customers c set base_plan_known = true, base_plan = base_plan_of(c)
    where c.id = ${customerId} and not c.base_plan_known`)
}

/** Customers of a Stripe customer's open subscriptions. */
export function holdersOf(stripeCustomerId: string) {
  const isOpen = notInArray(subscriptions.status, [...ENDED])
  return sql`(select ${subscriptions.customerId} from ${subscriptions}
    where ${and(eq(subscriptions.stripeCustomerId, stripeCustomerId), isOpen)})`
}

/**
 * Ends what is left of a deleted Stripe customer's subscriptions.
 * @param owners whose rows the caller has locked, as whoever takes in a subscription does first; what
 * came since for another ends by the event of its own
 * @returns how many ended
 */
export async function endForDeleted(
  tx: Transaction,
  followers: readonly Follower[],
  stripeCustomerId: string,
  owners: readonly { id: string }[],
  at: Date,
): Promise<number> {
  if (owners.length === 0) return 0
  for (const { id } of owners) await settleBasePlan(tx, id)
  const ended = await tx
    .update(subscriptions)
    .set({
      status: 'canceled',
      endedAt: at,
      version: sql`${subscriptions.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(subscriptions.stripeCustomerId, stripeCustomerId),
        inArray(
          subscriptions.customerId,
          owners.map(({ id }) => id),
        ),
        notInArray(subscriptions.status, [...ENDED]),
      ),
    )
    .returning()
  for (const row of ended) {
    await recordChange(tx, row.customerId, row)
    await everyOne(followers).ended(tx, STRIPE, row, 'customer deleted at Stripe')
  }
  return ended.length
}

async function recordChange(
  tx: Transaction,
  customerId: string,
  row: SubscriptionRow,
  actor = STRIPE,
): Promise<void> {
  const plans = (await plansOfSubscriptions(tx, [row.id])).get(row.id) ?? []
  const shown = presentSubscription(row, plans)
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

interface Owner {
  id: string
  status: 'active' | 'suspended'
}

/**
 * By our id in its metadata or its checkout, by what is known of it, or by its Stripe customer. The row is
 * locked until the commit.
 */
async function ownerOf(tx: Transaction, heard: StripeSubscription): Promise<Owner | null> {
  const { customerId, stripeCustomerId } = heard
  const linked = tx
    .select({ id: stripeCustomers.customerId })
    .from(stripeCustomers)
    .where(eq(stripeCustomers.id, stripeCustomerId))
  const known = tx
    .select({ id: subscriptions.customerId })
    .from(subscriptions)
    .where(eq(subscriptions.id, heard.id))
  const [owner] = await tx
    .select({ id: customers.id, status: customers.status })
    .from(customers)
    .where(
      and(
        isLiving,
        or(
          eq(customers.id, customerId ?? ''),
          eq(customers.stripeCustomerId, stripeCustomerId),
          inArray(customers.id, linked),
          inArray(customers.id, known),
        ),
      ),
    )
    .orderBy(
      sql`(${customers.id} = ${customerId ?? ''}) desc`,
      sql`(${customers.id} in ${known}) desc`,
    )
    .limit(1)
    .for('no key update', { of: customers })
  return owner ?? null
}

async function write(
  tx: Transaction,
  heard: StripeSubscription,
  knowledge: Knowledge,
  customerId: string,
  row: SubscriptionRow | undefined,
): Promise<SubscriptionRow> {
  const { state } = knowledge
  const at = knowledge.source === 'event' ? knowledge.at : Math.floor(Date.now() / 1_000)
  const settled = settledAfter(row?.settled ?? [], state, at)
  const values = {
    customerId,
    stripeCustomerId: heard.stripeCustomerId,
    status: state.status,
    items: [...state.items],
    heldItems: heldItemsOf(state, settled),
    settled,
    latestInvoice: state.latestInvoice,
    pause: state.pause,
    cancelAt: dateOf(state.cancelAt),
    cancelAtPeriodEnd: state.cancelAtPeriodEnd,
    endedAt: dateOf(state.endedAt),
    ...(await firstItemOf(tx, state)),
    version: (row?.version ?? 0n) + 1n,
    updatedAt: new Date(),
    ...(knowledge.source === 'fetch' && { fetchedAt: new Date() }),
    ...(knowledge.source === 'event' && {
      eventAt: dateOf(knowledge.at),
      eventRank: knowledge.rank,
      superseded: supersededBy(row === undefined ? null : knownOf(row), knowledge, Date.now()),
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

function heldItemsOf(state: SubscriptionState, settled: readonly Settled[]): Item[] | null {
  const { items, paid } = standingOf(state, settled)
  return paid === 'earlier' ? [...items] : null
}

const INT_MAX = 2_147_483_647

/** What the version before reads: the item of a plan, or else the first. */
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

/** Accounts by tier, and Stripe subscriptions that give access. */
export async function countSubscriptions(db: Database) {
  const open = and(isNotNull(accounts.userId), ne(accounts.status, 'closed'))
  const [tiers, [stripe]] = await Promise.all([
    db
      .select({ tier: accounts.tier, count: count() })
      .from(accounts)
      .where(open)
      .groupBy(accounts.tier),
    db.execute<{ count: number }>(sql`
      select count(distinct subscription_id)::int as count from subscription_plans
      where gives_access`),
  ])
  return {
    subscription_count: tiers.reduce((sum, row) => sum + row.count, 0),
    by_tier: Object.fromEntries(tiers.map((row) => [row.tier ?? '', row.count])),
    stripe_active: stripe?.count ?? 0,
  }
}

/**
 * What a customer has subscribed to and has not ended, newest first. The one that stands for all is that
 * whose plan has the highest rank, of those that give access where any does.
 */
export async function currentSubscriptions(db: Database, customerId: string) {
  const rows = await db
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
    .orderBy(desc(subscriptions.createdAt), desc(subscriptions.id))
  const plans = await plansOfSubscriptions(
    db,
    rows.map(({ id }) => id),
  )
  const all = rows.map((row) => ({ row, plans: plans.get(row.id) ?? [] }))
  const ours = all.filter((one) => one.plans.length > 0)
  const open = ours.filter((one) => one.plans.some(({ givesAccess }) => givesAccess))
  const [first] = (open.length > 0 ? open : ours).toSorted((a, b) => rankOf(b) - rankOf(a))
  const present = (one: (typeof all)[number]) => presentSubscription(one.row, one.plans)
  return {
    customer_id: customerId,
    subscription: first === undefined ? null : present(first),
    subscriptions: all.map(present),
  }
}

function rankOf({ plans: [plan] }: { plans: readonly SubscribedPlan[] }): number {
  return plan?.rank ?? -Infinity
}

/** @param plans by rank; none for a subscription to something else */
export function presentSubscription(row: SubscriptionRow, plans: readonly SubscribedPlan[]) {
  const [plan] = plans
  const [item] = row.heldItems ?? stateOf(row).items
  const periodStart = plan === undefined ? dateOf(item?.start ?? null) : plan.periodStart
  const periodEnd = plan === undefined ? dateOf(item?.end ?? null) : plan.periodEnd
  const endsAt = row.cancelAt ?? (row.cancelAtPeriodEnd ? periodEnd : null)
  return {
    plan: plan?.plan ?? null,
    plans: plans.map((one) => ({ plan: one.plan, quantity: one.quantity })),
    status: row.status,
    quantity: plan?.quantity ?? item?.quantity ?? 1,
    current_period_start: periodStart?.toISOString() ?? null,
    current_period_end: periodEnd?.toISOString() ?? null,
    cancel_at: row.cancelAt?.toISOString() ?? null,
    cancel_at_period_end: row.cancelAtPeriodEnd,
    paused: row.pause !== null,
    ends_at: endsAt?.toISOString() ?? null,
    stripe_subscription_id: row.id,
  }
}

function knownOf(row: SubscriptionRow): Known {
  return {
    state: stateOf(row),
    eventAt: secondsOf(row.eventAt),
    eventRank: row.eventRank,
    superseded: row.superseded,
    fetchedAt: row.fetchedAt?.getTime() ?? null,
    writtenAt: row.updatedAt.getTime(),
  }
}
