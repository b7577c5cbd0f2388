import { type SQL, and, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { type Means, draftKey, insertKey } from './api-keys/service.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { randomBase62 } from '../encoding/ids.ts'
import { withRepeat } from '../http/outcomes/attempt.ts'
import { HAS_ROOM, type Weight, weightOf } from '../database/page-weight.ts'
import type { PageRequest } from '../http/pagination.ts'
import { unknownPlan } from '../plans/service.ts'
import { violates } from '../database/faults.ts'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal, type Repeat } from '../refusals/index.ts'
import type { Status } from '../stripe/statuses.ts'
import { livingCustomer } from './living.ts'
import { presentCustomer } from './present.ts'
import type { PresentedCustomer } from './schemas.ts'
import { type CustomerRow, customers } from './tables.ts'
import { standings, subscriptionStatus } from './standing.ts'
import { addStripeCustomer, takeTurns } from './stripe-customers.ts'

export type { CustomerRow } from './tables.ts'

export interface CustomerDraft {
  email: string
  companyName: string | null
  /** The base plan. */
  plan: string | null
  externalId: string | null
  metadata: Record<string, unknown>
}

/**
 * Makes a call happen once. The key is unique among all calls that create customers, until the
 * erasure.
 */
export interface Once {
  key: string
  fingerprint: Buffer
}

export interface CreatedCustomer {
  /** The customer as it was right after its creation. */
  customer: PresentedCustomer
  /** Shown only this once; null for a repetition. */
  apiKey: string | null
}

/**
 * Creates a customer with a first API key: both with their audit records, or nothing.
 * @param once a repetition gets the first call's answer, without the API key
 * @throws Refusal `VALIDATION_FAILED` for a plan that does not exist, `EXTERNAL_ID_TAKEN` or
 * `IDEMPOTENCY_KEY_REUSED`
 */
export async function createCustomer(
  { db, peppers, defaultPlan }: Means & { defaultPlan: string | null },
  actor: Actor,
  draft: CustomerDraft,
  once: Once | null,
): Promise<CreatedCustomer> {
  const before = once === null ? null : await createdBefore(db, once)
  if (before !== null) return before
  const id = `cust_${randomBase62(16)}`
  const key = await draftKey(peppers, id)
  try {
    const customer = await db.transaction(async (tx) => {
      const created = await insertCustomer(tx, id, draft, once, defaultPlan)
      const metadata = { plan: draft.plan }
      await recordAudit(tx, actor, { event: 'customer.created', subject: id, metadata })
      await insertKey(tx, actor, key)
      return created
    })
    return { customer, apiKey: key.apiKey }
  } catch (error) {
    // The insertion has waited for the commit of the other call.
    const other = once !== null && isTaken(error) ? await createdBefore(db, once) : null
    if (other !== null) return other
    // The caller can repeat it with its own key.
    throw withRepeat(draftFault(error), repeatOf(once, key.row.id))
  }
}

/**
 * Whether another customer has the key or the external id. A repetition has both, and which of the two
 * indexes refuses it depends on the order in which they were made: a restored dump has another one.
 */
function isTaken(error: unknown): boolean {
  return ['customers_idempotency_key', 'customers_external_id'].some((name) =>
    violates(error, name),
  )
}

/**
 * A call with its own key can be repeated. Without one, it may have issued an API key, which must be
 * revoked.
 */
function repeatOf(once: Once | null, keyId: string): Repeat {
  return once === null ? { key_id: keyId } : { idempotency_key: once.key }
}

async function insertCustomer(
  tx: Transaction,
  id: string,
  draft: CustomerDraft,
  once: Once | null,
  defaultPlan: string | null,
): Promise<PresentedCustomer> {
  const idempotent = { idempotencyKey: once?.key, idempotencyFingerprint: once?.fingerprint }
  const [row] = await tx
    .insert(customers)
    .values({ id, ...draft, ...basePlan(draft.plan), ...idempotent })
    .returning()
  if (row === undefined) throw new Error('The customer was not inserted')
  const idempotencyAnswer = presentCustomer(row, (await standings(tx, [id], defaultPlan))(id))
  if (once !== null) {
    await tx.update(customers).set({ idempotencyAnswer }).where(eq(customers.id, id))
  }
  return idempotencyAnswer
}

/** @throws Refusal `IDEMPOTENCY_KEY_REUSED` */
async function createdBefore(db: Database, once: Once): Promise<CreatedCustomer | null> {
  const [found] = await db
    .select({ fingerprint: customers.idempotencyFingerprint, answer: customers.idempotencyAnswer })
    .from(customers)
    .where(eq(customers.idempotencyKey, once.key))
  if (found === undefined) return null
  if (found.answer === null || found.fingerprint?.equals(once.fingerprint) !== true) {
    throw new Refusal('IDEMPOTENCY_KEY_REUSED')
  }
  // An answer of the previous version lacks newer fields, which are empty for a new customer.
  return { customer: { ...NEWLY_SHOWN, ...found.answer }, apiKey: null }
}

const NEWLY_SHOWN = {
  plans: [],
  base_plan: null,
  subscription_status: null,
  stripe_customer_ids: [],
  external_id: null,
}

export interface CustomerFilter {
  email: string | undefined
  externalId: string | undefined
  keyId: string | undefined
  /** `cus_…` or `sub_…` */
  stripeId: string | undefined
  plan: string | undefined
  subscriptionStatus: Status | undefined
  status: CustomerRow['status'] | undefined
}

/** By indexes alone, whichever of three places knows the id. */
function ownsAtStripe(id: SQL, stripeId: string): SQL {
  return sql`${id} in (
    select id from customers where stripe_customer_id = ${stripeId}
    union all select customer_id from stripe_customers where id = ${stripeId}
    union all select customer_id from subscriptions where id = ${stripeId}
  )`
}

/**
 * What a customer holds is derived anew, so it is asked only of those who may hold the plan at all. Anybody
 * may hold the default plan.
 */
function holdsPlan(id: SQL, plan: string, defaultPlan: string | null): SQL {
  const isHeld = sql`exists (
    select from held_plans(array[${id}], ${defaultPlan}) h where h.place = 1 and h.plan_id = ${plan}
  )`
  if (plan === defaultPlan) return isHeld
  return sql`${id} in (
    select s.customer_id from price_meanings m join subscriptions s on s.ended_at is null and (
      coalesce(s.held_items, s.items) @> jsonb_build_array(jsonb_build_object('price', m.price_id))
      or s.items is null and s.stripe_price_id = m.price_id
    ) where m.plan_id = ${plan}
    union all select id from customers where base_plan = ${plan}
    union all select id from customers where plan = ${plan}
  ) and ${isHeld}`
}

/** The main subscription of a customer is one of those that are open. */
function hasStatus(id: SQL, status: Status): SQL {
  return sql`${id} in (
    select customer_id from subscriptions where status = ${status} and ended_at is null
  ) and (${subscriptionStatus}) = ${status}`
}

/** The answer that a repetition gets is read with the rest of the row. */
const LONG_PARTS = sql`metadata, idempotency_answer`

/** @param filter `plan` is the held plan with the highest rank */
export async function listCustomers(
  db: Database,
  filter: CustomerFilter,
  page: PageRequest,
  defaultPlan: string | null,
): Promise<(CustomerRow & Weight)[]> {
  const { email, externalId, plan, status } = filter
  const c = alias(customers, 'c')
  const found = db
    .select()
    .from(c)
    .where(
      and(
        isNull(c.erasedAt),
        email === undefined ? undefined : eq(sql`lower(${c.email})`, sql`lower(${email})`),
        externalId === undefined ? undefined : eq(c.externalId, externalId),
        filter.keyId === undefined
          ? undefined
          : sql`${c.id} = (select customer_id from api_keys where id = ${filter.keyId})`,
        filter.stripeId === undefined ? undefined : ownsAtStripe(sql`${c.id}`, filter.stripeId),
        plan === undefined ? undefined : holdsPlan(sql`${c.id}`, plan, defaultPlan),
        filter.subscriptionStatus === undefined
          ? undefined
          : hasStatus(sql`${c.id}`, filter.subscriptionStatus),
        status === undefined ? undefined : eq(c.status, status),
        page.before === null ? undefined : lt(c.seq, page.before),
      ),
    )
    .orderBy(desc(c.seq))
    .limit(page.limit + 1)
    .as('found')
  const weighed = db
    .select({ ...found._.selectedFields, ...weightOf(LONG_PARTS, sql`seq desc`) })
    .from(found)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(desc(weighed.seq))
}

/** @throws Refusal `CUSTOMER_NOT_FOUND` */
export async function getCustomer(db: Pick<Database, 'select'>, id: string): Promise<CustomerRow> {
  const [row] = await db.select().from(customers).where(livingCustomer(id))
  if (row === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
  return row
}

export type CustomerChanges = Partial<
  CustomerDraft & Pick<CustomerRow, 'status'> & { stripeCustomerId: string }
>

/**
 * Changes the given fields. The audit record names them, and gives the values of plan and status.
 * Jobs pass a new address or name on to Stripe, adapt licences to a new status, and fetch the
 * subscriptions of a Stripe customer that was linked.
 * @throws Refusal `CUSTOMER_NOT_FOUND`, `EXTERNAL_ID_TAKEN`, `STRIPE_CUSTOMER_TAKEN`, or
 * `VALIDATION_FAILED` for a plan that does not exist
 */
export function updateCustomer(
  db: Database,
  actor: Actor,
  id: string,
  changes: CustomerChanges,
): Promise<CustomerRow> {
  const { stripeCustomerId, ...fields } = changes
  const { plan, status } = changes
  return db
    .transaction(async (tx) => {
      if (stripeCustomerId !== undefined) await takeTurns(tx, stripeCustomerId)
      const [row] = await tx
        .update(customers)
        .set({ ...fields, ...(plan !== undefined && basePlan(plan)), updatedAt: sql`now()` })
        .where(livingCustomer(id))
        .returning()
      if (row === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
      if (stripeCustomerId !== undefined) {
        const linked = await addStripeCustomer(tx, row, stripeCustomerId)
        if (linked === 'taken') throw new Refusal('STRIPE_CUSTOMER_TAKEN')
        await addJob(tx, 'read_stripe_customers', id)
      }
      const metadata = { changed: Object.keys(changes), plan, status }
      await recordAudit(tx, actor, { event: 'customer.updated', subject: id, metadata })
      if (changes.email !== undefined || changes.companyName !== undefined) {
        await addJob(tx, 'update_stripe_customers', id)
      }
      if (status === 'active') await addJob(tx, 'refresh_subscriptions', id)
      return row
    })
    .catch((error: unknown) => {
      throw draftFault(error)
    })
}

/** The previous version reads the plan from its old column. */
function basePlan(plan: string | null) {
  return { plan, basePlan: plan, basePlanKnown: true }
}

async function addJob(tx: Transaction, name: string, id: string): Promise<void> {
  await tx.execute(sql`
    select graphile_worker.add_job(${name}, json_build_object('id', ${id}::text),
      job_key := ${`${name} ${id}`}, max_attempts := 25)`)
}

function draftFault(error: unknown): unknown {
  if (violates(error, 'customers_external_id')) return new Refusal('EXTERNAL_ID_TAKEN')
  const isPlan = ['customers_plan_plans_id_fk', 'customers_base_plan_plans_id_fk'].some((name) =>
    violates(error, name),
  )
  return isPlan ? unknownPlan() : error
}
