import { type SQL, and, desc, eq, getTableColumns, gt, lt, lte, sql } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type { Actor } from '../audit/record.ts'
import { lockCustomer, requireCustomer } from '../customers/living.ts'
import { customers } from '../customers/tables.ts'
import { withRepeat } from '../http/outcomes/attempt.ts'
import type { PageRequest } from '../http/pagination.ts'
import { namedPlan } from '../plans/service.ts'
import { array } from '../database/arrays.ts'
import type { Database } from '../database/index.ts'
import { HAS_ROOM, type Weight, weightOf } from '../database/page-weight.ts'
import type { KeyRing } from '../keys/index.ts'
import { Refusal } from '../refusals/index.ts'
import { LICENSE_DAYS, afterDays } from './decide.ts'
import { heldPlan } from '../plans/held.ts'
import { type LicenseRow, type Terms, issueLicense, newLicenseId, recordRevoked } from './issue.ts'
import { licenses } from './tables.ts'
import { LEEWAY_S } from './verifier.ts'

export type { LicenseRow } from './issue.ts'
export { endLicenses, syncLicenses } from './sync.ts'

/** What of a licence may be long. The token has the features again. */
export const LONG_PARTS = sql`features, limits, token`

export interface Order {
  customerId: string
  /** Undefined: the customer's own plan. Null: no plan. */
  plan: string | null | undefined
  /** Undefined: those of the plan, or none. */
  features: Terms['features'] | undefined
  limits: Terms['limits'] | undefined
  /** Undefined: after the plan's `license_days`. */
  expiresAt: Date | undefined
}

/**
 * Issues a licence by hand. It belongs to no subscription, so none changes or ends it.
 * @throws Refusal `CUSTOMER_NOT_FOUND`, `CUSTOMER_SUSPENDED`, `VALIDATION_FAILED` for a plan that
 * does not exist, or `SIGNING_KEY_MISSING`
 */
export async function issueByHand(
  { db, keys, defaultPlan }: { db: Database; keys: KeyRing; defaultPlan: string | null },
  actor: Actor,
  order: Order,
): Promise<LicenseRow> {
  const id = newLicenseId()
  const issued = db.transaction(async (tx) => {
    const { customerId } = order
    const customer = await requireCustomer(tx, customerId)
    if (customer.status === 'suspended') throw new Refusal('CUSTOMER_SUSPENDED')
    const planId =
      order.plan === undefined ? await heldPlan(tx, customerId, defaultPlan) : order.plan
    const plan = planId === null ? null : await namedPlan(tx, planId)
    return issueLicense(tx, keys, actor, {
      id,
      customerId,
      subscriptionId: null,
      plan: planId,
      features: order.features ?? plan?.features ?? {},
      limits: order.limits ?? plan?.limits ?? {},
      quantity: 1,
      expiresAt: order.expiresAt ?? afterDays(new Date(), plan?.licenseDays ?? LICENSE_DAYS),
      paidUntil: null,
    })
  })
  return issued.catch((error: unknown) => {
    throw withRepeat(error, { license_id: id })
  })
}

/**
 * Puts a licence on the revocation list; one that is already on it stays unchanged.
 * @throws Refusal `LICENSE_NOT_FOUND`
 */
export function revokeByHand(
  db: Database,
  actor: Actor,
  id: string,
  reason: string | null,
): Promise<LicenseRow> {
  return db.transaction(async (tx) => {
    // The customer is locked before the licence, so that an erasure of the customer waits for this
    // record, or is already over.
    const [holder] = await tx
      .select({ id: licenses.customerId })
      .from(licenses)
      .where(eq(licenses.id, id))
    const isThere = holder !== undefined && (await lockCustomer(tx, holder.id))
    const [row] = await tx.select().from(licenses).where(eq(licenses.id, id)).for('update')
    if (!isThere || row === undefined) throw new Refusal('LICENSE_NOT_FOUND')
    if (row.revokedAt !== null) return row
    const [revoked] = await tx
      .update(licenses)
      .set({ status: 'revoked', revokedAt: new Date(), reason })
      .where(eq(licenses.id, id))
      .returning()
    if (revoked === undefined) throw new Error('The licence was not revoked')
    await recordRevoked(tx, actor, [revoked])
    return revoked
  })
}

/**
 * The condition for licences that are valid now and whose key still verifies. A suspended customer has
 * none: all of them are on the revocation list. "Now" is by the database's clock, which is the same
 * for all processes. A licence that begins within the verifier's leeway counts as begun, because a
 * process whose clock is ahead may have issued it.
 */
function areUsable(keys: KeyRing, customerId: string): SQL | undefined {
  const keyIds = keys.jwks.keys.map(({ kid }) => kid)
  return and(
    eq(licenses.customerId, customerId),
    eq(customers.status, 'active'),
    eq(licenses.status, 'active'),
    lte(licenses.notBefore, sql`now() + make_interval(secs => ${LEEWAY_S}::int)`),
    gt(licenses.expiresAt, sql`now()`),
    sql`${licenses.keyId} = any(${array(keyIds)}::text[])`,
  )
}

/**
 * A page of the usable licences, newest first: one more than it has, unless it ends early because of
 * what its licences weigh.
 */
export async function usableLicenses(
  db: Database,
  keys: KeyRing,
  customerId: string,
  { limit, before }: PageRequest,
): Promise<(LicenseRow & Weight)[]> {
  const found = db
    .select(getTableColumns(licenses))
    .from(licenses)
    .innerJoin(customers, eq(customers.id, licenses.customerId))
    .where(and(areUsable(keys, customerId), before === null ? undefined : lt(licenses.seq, before)))
    .orderBy(desc(licenses.seq))
    .limit(limit + 1)
    .as('found')
  const weighed = db
    .select({ ...found._.selectedFields, ...weightOf(LONG_PARTS, sql`seq desc`) })
    .from(found)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(desc(weighed.seq))
}

/** What the usable licences say of one feature; licences that say the same are one row. */
export function usableTerms(
  db: Database,
  keys: KeyRing,
  customerId: string,
  feature: string,
): Promise<Pick<Terms, 'features' | 'limits'>[]> {
  const only = <T>(column: AnyPgColumn) => sql<T>`
    case when ${column} -> ${feature}::text is null then '{}'
    else jsonb_build_object(${feature}::text, ${column} -> ${feature}::text) end`
  return db
    .selectDistinct({
      features: only<Terms['features']>(licenses.features).as('features'),
      limits: only<Terms['limits']>(licenses.limits).as('limits'),
    })
    .from(licenses)
    .innerJoin(customers, eq(customers.id, licenses.customerId))
    .where(areUsable(keys, customerId))
}
