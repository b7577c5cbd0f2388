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
import { customers } from '../customers/tables.ts'
import { accounts } from '../funds/tables.ts'
import { endLicenses, syncLicenses } from '../licenses/service.ts'
import { plans } from '../plans/tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { type Knowledge, type Known, type Verdict, supersededBy, weigh } from './knowledge.ts'
import {
  type StripeSubscription,
  type SubscriptionState,
  ENDED,
  WITH_ACCESS,
  isSame,
} from './state.ts'
import { subscriptions } from './tables.ts'

export type SubscriptionRow = typeof subscriptions.$inferSelect

export const STRIPE: Actor = { id: 'stripe', ip: null }

/** `unknown`: it belongs to no customer of ours. `raced`: another wrote since the version was read. */
export type Outcome = Verdict | 'unknown' | 'raced'

/** What taking in a subscription needs: it issues licences. */
export interface Means {
  db: Database
  keys: KeyRing
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
  { db, keys }: Means,
  heard: StripeSubscription,
  knowledge: Knowledge,
  version?: bigint | null,
): Promise<Outcome> {
  return db.transaction(async (tx) => {
    const customer = await ownerOf(tx, heard)
    if (customer === null) return 'unknown'
    const [row] = await tx.select().from(subscriptions).where(eq(subscriptions.id, heard.id))
    if (version !== undefined && (row?.version ?? null) !== version) return 'raced'
    const verdict = weigh(row === undefined ? null : knownOf(row), knowledge, Date.now())
    if (verdict !== 'take') return verdict
    const written = await write(tx, heard, knowledge, customer.id, row)
    const isNews = row === undefined || !isSame(stateOf(row), stateOf(written))
    if (isNews) await follow(tx, customer, row?.plan ?? null, written)
    await syncLicenses(tx, keys, STRIPE, written)
    return 'take'
  })
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
  stripeCustomerId: string,
  owners: readonly { id: string; plan: string | null }[],
  at: Date,
): Promise<number> {
  if (owners.length === 0) return 0
  const byId = new Map(owners.map((owner) => [owner.id, owner]))
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
        inArray(subscriptions.customerId, [...byId.keys()]),
        notInArray(subscriptions.status, [...ENDED]),
      ),
    )
    .returning()
  for (const row of ended) {
    const customer = byId.get(row.customerId)
    if (customer !== undefined) await follow(tx, customer, row.plan, row)
    await endLicenses(tx, STRIPE, row, 'customer deleted at Stripe')
  }
  return ended.length
}

/** What a change of a subscription brings about, in the same transaction. */
async function follow(
  tx: Transaction,
  customer: { id: string; plan: string | null },
  planBefore: string | null,
  row: SubscriptionRow,
): Promise<void> {
  await syncPlan(tx, customer, planBefore)
  await recordAudit(tx, STRIPE, {
    event: 'subscription.updated',
    subject: customer.id,
    metadata: {
      subscription: row.id,
      status: row.status,
      plan: row.plan,
      current_period_end: row.currentPeriodEnd?.toISOString() ?? null,
      cancel_at_period_end: row.cancelAtPeriodEnd,
    },
  })
}

/** By our id in its metadata, or by its Stripe customer. The row is locked until the commit. */
async function ownerOf(tx: Transaction, heard: StripeSubscription) {
  const { customerId, stripeCustomerId } = heard
  const [owner] = await tx
    .select({ id: customers.id, plan: customers.plan })
    .from(customers)
    .where(
      and(
        isLiving,
        or(eq(customers.id, customerId ?? ''), eq(customers.stripeCustomerId, stripeCustomerId)),
      ),
    )
    .orderBy(sql`(${customers.id} = ${customerId ?? ''}) desc`)
    .limit(1)
    .for('no key update')
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
  const values = {
    customerId,
    stripeCustomerId: heard.stripeCustomerId,
    stripePriceId: state.stripePriceId,
    plan: await planOf(tx, state.stripePriceId),
    status: state.status,
    quantity: state.quantity,
    currentPeriodStart: dateOf(state.currentPeriodStart),
    currentPeriodEnd: dateOf(state.currentPeriodEnd),
    cancelAtPeriodEnd: state.cancelAtPeriodEnd,
    endedAt: dateOf(state.endedAt),
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

async function planOf(tx: Transaction, priceId: string | null): Promise<string | null> {
  if (priceId === null) return null
  const [plan] = await tx
    .select({ id: plans.id })
    .from(plans)
    .where(eq(plans.stripePriceId, priceId))
  return plan?.id ?? null
}

/**
 * The customer is on the plan of the subscription that gives access. When none does any more, the
 * plan that came from one goes; one that an operator has set stays.
 */
async function syncPlan(
  tx: Transaction,
  customer: { id: string; plan: string | null },
  before: string | null,
): Promise<void> {
  const current = await accessOf(tx, customer.id)
  const lapsed = customer.plan === before ? null : customer.plan
  const plan = current?.plan ?? (current === null ? lapsed : customer.plan)
  if (plan === customer.plan) return
  await tx
    .update(customers)
    .set({ plan, updatedAt: sql`now()` })
    .where(eq(customers.id, customer.id))
}

/** The newest subscription that gives access; null if none does. */
async function accessOf(
  db: Database | Transaction,
  customerId: string,
): Promise<SubscriptionRow | null> {
  const [row] = await db
    .select()
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.customerId, customerId),
        inArray(subscriptions.status, [...WITH_ACCESS]),
      ),
    )
    .orderBy(desc(subscriptions.createdAt), desc(subscriptions.id))
    .limit(1)
  return row ?? null
}

export async function hasAccess(db: Database, customerId: string): Promise<boolean> {
  return (await accessOf(db, customerId)) !== null
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
    db
      .select({ count: count() })
      .from(subscriptions)
      .where(inArray(subscriptions.status, [...WITH_ACCESS])),
  ])
  return {
    subscription_count: tiers.reduce((sum, row) => sum + row.count, 0),
    by_tier: Object.fromEntries(tiers.map((row) => [row.tier ?? '', row.count])),
    stripe_active: stripe?.count ?? 0,
  }
}

/** The subscription that gives access, or else the newest that has not ended. */
export async function currentSubscription(
  db: Database,
  customerId: string,
): Promise<SubscriptionRow | null> {
  const access = await accessOf(db, customerId)
  if (access !== null) return access
  const [row] = await db
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.customerId, customerId), isNull(subscriptions.endedAt)))
    .orderBy(desc(subscriptions.createdAt), desc(subscriptions.id))
    .limit(1)
  return row ?? null
}

export function stateOf(row: SubscriptionRow): SubscriptionState {
  return {
    status: row.status,
    stripePriceId: row.stripePriceId,
    quantity: row.quantity,
    currentPeriodStart: secondsOf(row.currentPeriodStart),
    currentPeriodEnd: secondsOf(row.currentPeriodEnd),
    cancelAtPeriodEnd: row.cancelAtPeriodEnd,
    endedAt: secondsOf(row.endedAt),
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

function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1_000)
}

function secondsOf(date: Date | null): number | null {
  return date === null ? null : date.getTime() / 1_000
}
