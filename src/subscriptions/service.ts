import { isDeepStrictEqual } from 'node:util'
import { and, eq, inArray, notInArray, sql } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { isLiving } from '../customers/living.ts'
import { customers } from '../customers/tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { type Follower, everyOne } from './followers.ts'
import { type Bill, billsAfter, sameOutcomes } from './bills.ts'
import { awaitsLink, link } from './links.ts'
import { type Knowledge, type Verdict, billsIn, weigh } from './knowledge.ts'
import { MOVED, OWNER, type Owner, holderIdOf, lockOwners, untilOwned } from './owners.ts'
import { type SubscriptionRow, stateOf } from './row.ts'
import { ENDED, type StripeSubscription, isSame, sameItems } from './state.ts'
import { subscriptions } from './tables.ts'
import { STRIPE, heldItemsOf, knownOf, recordChange, recordOtherPlans, write } from './write.ts'

/**
 * `unknown`: it belongs to none of our customers. `raced`: another process has written it since its
 * version was read.
 */
export type Outcome = Verdict | 'unknown' | 'raced'

/** What taking in a subscription requires. */
export interface Means {
  db: Database
  keys: KeyRing
  /** The actor of the record; Stripe by default. */
  actor?: Actor
  subscriptionFollowers: readonly Follower[]
}

/** The subscription's row; null if it is unknown. */
export async function rowOf(db: Database, id: string): Promise<SubscriptionRow | null> {
  const [row] = await db.select().from(subscriptions).where(eq(subscriptions.id, id))
  return row ?? null
}

/**
 * Takes in a report about a subscription: its row, the customer's plan, the licences and the audit
 * records, or nothing.
 * @param version the version of the row before a fetch; if it has changed since, the outcome is `raced`
 * @param bills what was heard of its invoices besides
 */
export function takeIn(
  { db, keys, subscriptionFollowers, actor = STRIPE }: Means,
  heard: StripeSubscription,
  knowledge: Knowledge,
  version?: bigint | null,
  bills: readonly Bill[] = [],
): Promise<Outcome> {
  const follower = everyOne(subscriptionFollowers)
  return untilOwned<Outcome>(db, async (tx) => {
    const isUnlinked = await awaitsLink(tx, heard.stripeCustomerId)
    const holderId = await holderIdOf(tx, heard.id)
    const { owner: customer, holder } = await lockOwners(tx, heard, holderId)
    if (customer === null) return 'unknown'
    const [row] = await tx.select().from(subscriptions).where(eq(subscriptions.id, heard.id))
    if ((row?.customerId ?? null) !== holderId) return MOVED
    if (version !== undefined && (row?.version ?? null) !== version) return 'raced'
    const verdict = weigh(row === undefined ? null : knownOf(row), knowledge)
    const heardOf = verdict === 'old' ? bills : [...bills, ...billsIn(knowledge)]
    const known = billsAfter(row?.bills ?? [], heardOf)
    if (verdict !== 'take') {
      if (row !== undefined && holder !== null) {
        await remember(tx, keys, follower, actor, holder, row, known)
      }
      return verdict
    }
    await settleBasePlan(tx, customer.id)
    const hasEnded = ENDED.includes(knowledge.state.status)
    if (isUnlinked && !hasEnded) await link(tx, customer, heard.stripeCustomerId, actor)
    const isMove = row !== undefined && row.customerId !== customer.id
    // Of a customer who is erased, nothing is recorded any more.
    const former = isMove ? holder : null
    if (isMove && former !== null) {
      await settleBasePlan(tx, former.id)
      await follower.ended(tx, actor, row, 'other customer')
    }
    const written = await write(tx, heard, knowledge, customer.id, row, known)
    if (former !== null) await recordChange(tx, former.id, written, actor)
    const isNews = row === undefined || isMove || !isSame(stateOf(row), stateOf(written))
    if (isNews) await recordChange(tx, customer.id, written, actor)
    else await recordOtherPlans(tx, written, actor)
    await follower.changed(tx, keys, actor, written, customer.status)
    if (hasEnded) await sendLastUsage(tx)
    return 'take'
  })
}

/**
 * Updates the licences of a subscription for its plans, which may have changed their meaning.
 * @param heard what Stripe says of its invoices
 * @returns whether anything had to be changed, apart from what is known of invoices
 */
export function resync(
  { db, keys, subscriptionFollowers, actor = STRIPE }: Means,
  id: string,
  heard: readonly Bill[] = [],
): Promise<boolean> {
  return untilOwned<boolean>(db, async (tx) => {
    const [found] = await tx
      .select({
        customerId: subscriptions.customerId,
        stripeCustomerId: subscriptions.stripeCustomerId,
      })
      .from(subscriptions)
      .where(eq(subscriptions.id, id))
    if (found === undefined) return false
    const isUnlinked = await awaitsLink(tx, found.stripeCustomerId)
    const [customer] = await tx
      .select(OWNER)
      .from(customers)
      .where(and(isLiving, eq(customers.id, found.customerId)))
      .for('no key update')
    const [row] = await tx.select().from(subscriptions).where(eq(subscriptions.id, id))
    if (customer === undefined || row === undefined) return false
    if (row.customerId !== customer.id) return MOVED
    await settleBasePlan(tx, customer.id)
    if (isUnlinked && row.endedAt === null) await link(tx, customer, row.stripeCustomerId, actor)
    const bills = billsAfter(row.bills, heard)
    const heldItems = heldItemsOf(stateOf(row), bills)
    const isOther = !sameItems(heldItems ?? [], row.heldItems ?? [])
    // An outcome counts later, when another invoice is owed, and it may be heard nowhere else.
    if (isOther || !sameOutcomes(bills, row.bills)) {
      await tx.update(subscriptions).set({ bills, heldItems }).where(eq(subscriptions.id, id))
    }
    // A licence that only lacks the signature of a newer key is left for the next event.
    const anyKey = { ...keys, verifies: () => true }
    const written = { ...row, bills, heldItems }
    await recordOtherPlans(tx, written, actor)
    const follower = everyOne(subscriptionFollowers)
    return (await follower.changed(tx, anyKey, actor, written, customer.status)) || isOther
  })
}

/** Even old news may show what was paid for before, and the licence may depend on that. */
async function remember(
  tx: Transaction,
  keys: KeyRing,
  follower: Follower,
  actor: Actor,
  holder: Owner,
  row: SubscriptionRow,
  bills: Bill[],
): Promise<void> {
  if (ENDED.includes(row.status) || isDeepStrictEqual(bills, row.bills)) return
  const [written] = await tx
    .update(subscriptions)
    .set({ bills, heldItems: heldItemsOf(stateOf(row), bills) })
    .where(eq(subscriptions.id, row.id))
    .returning()
  if (written === undefined) return
  await recordOtherPlans(tx, written, actor)
  await follower.changed(tx, keys, actor, written, holder.status)
}

/**
 * Runs once for a customer that only the previous version has written: its `plan` is the operator's,
 * unless it came from a subscription.
 */
async function settleBasePlan(tx: Transaction, customerId: string): Promise<void> {
  await tx.execute(sql`
    update customers c set base_plan_known = true, base_plan = base_plan_of(c)
    where c.id = ${customerId} and not c.base_plan_known`)
}

/** The customers with open subscriptions of a Stripe customer. */
export function holdersOf(stripeCustomerId: string) {
  const isOpen = notInArray(subscriptions.status, [...ENDED])
  return sql`(select ${subscriptions.customerId} from ${subscriptions}
    where ${and(eq(subscriptions.stripeCustomerId, stripeCustomerId), isOpen)})`
}

/**
 * Ends the remaining subscriptions of a deleted Stripe customer.
 * @param owners the caller must have locked their rows, as taking in a subscription does first. A
 * subscription that another customer got since then ends by its own event.
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
  if (ended.length > 0) await sendLastUsage(tx)
  return ended.length
}

/** Sends the rest of an ended subscription's usage, before its last invoice is final in an hour. */
async function sendLastUsage(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job('send_meter_events', job_key := 'send_meter_events')`)
}
