import { and, desc, eq, gt, inArray, notInArray } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { plans } from '../plans/tables.ts'
import type { Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { plansOfSubscriptions } from '../subscriptions/held.ts'
import { standingOf } from '../subscriptions/standing.ts'
import { WITH_ACCESS } from '../subscriptions/state.ts'
import { type SubscriptionRow, stateOf } from '../subscriptions/row.ts'
import { type Held, decide } from './decide.ts'
import { type LicenseRow, issueLicense, recordRevoked } from './issue.ts'
import { licenses } from './tables.ts'

/**
 * Keeps a subscription's licences in step with its plans, one licence for each plan, in the
 * transaction that wrote the subscription: issues when access begins, issues again when period or
 * terms change, revokes when access ends. The caller must have locked the customer's row. The same
 * state again changes nothing.
 *
 * A licence whose terms still hold is left to expire when a newer one takes its place, so that an
 * instance that has not fetched the newer one goes on. One with other terms is revoked, and one that lasts
 * longer than what is paid for.
 * @param status the customer's: of a suspended one none is issued
 * @returns whether anything changed
 */
export async function syncLicenses(
  tx: Transaction,
  keys: KeyRing,
  actor: Actor,
  subscription: SubscriptionRow,
  status: 'active' | 'suspended',
): Promise<boolean> {
  if (!WITH_ACCESS.includes(subscription.status)) {
    return endLicenses(tx, actor, subscription, `subscription ${subscription.status}`)
  }
  const now = new Date()
  const all = await heldOf(tx, subscription)
  const kept = all.map(({ plan }) => plan.id)
  let changed = await endLicenses(tx, actor, subscription, 'other plan', { except: kept })
  const isIssuing = keys.signingKeyId !== null && status === 'active'
  const lasts = await lastOf(tx, subscription)
  for (const held of all) {
    const last = lasts.find((one) => one.plan === held.plan.id) ?? null
    const decision = decide(held, last, (keyId) => keys.verifies(keyId), now)
    const planId = held.plan.id
    const beyond = { only: planId, after: decision.expiresAt }
    if (await endLicenses(tx, actor, subscription, 'not paid for', beyond)) changed = true
    if (decision.act === 'keep') await notePaid(tx, last, decision.paidUntil)
    if (decision.act === 'keep' || !isIssuing) continue
    const { terms, expiresAt, paidUntil, isChange } = decision
    if (isChange) await endLicenses(tx, actor, subscription, 'other terms', { only: planId })
    await supersede(tx, subscription.id, planId)
    const { id: subscriptionId, customerId } = subscription
    const replaces = last ?? lasts.find(({ plan }) => !kept.includes(plan ?? '')) ?? null
    const draft = { customerId, subscriptionId, ...terms, expiresAt, paidUntil }
    await issueLicense(tx, keys, actor, draft, replaces)
    changed = true
  }
  return changed
}

async function heldOf(tx: Transaction, subscription: SubscriptionRow): Promise<Held[]> {
  const { paid } = standingOf(stateOf(subscription), subscription.bills)
  const subscribed = (await plansOfSubscriptions(tx, [subscription.id])).get(subscription.id) ?? []
  if (subscribed.length === 0) return []
  const ids = subscribed.map(({ plan }) => plan)
  const rows = await tx.select().from(plans).where(inArray(plans.id, ids))
  return subscribed.flatMap((one) =>
    rows.filter(({ id }) => id === one.plan).map((plan) => ({ ...one, plan, paid })),
  )
}

/**
 * Revokes the licences of a subscription that would still verify.
 * @param which `except`: plans whose licences stay; `only`: the plan whose licences go, if not all;
 * `after`: those that last longer
 */
export async function endLicenses(
  tx: Transaction,
  actor: Actor,
  subscription: Pick<SubscriptionRow, 'id'>,
  reason: string,
  which: { except?: readonly string[]; only?: string; after?: Date } = {},
): Promise<boolean> {
  const { except = [], only, after } = which
  const now = new Date()
  const longerThan = after !== undefined && after > now ? after : now
  const ended = await tx
    .update(licenses)
    .set({ status: 'ended', revokedAt: now, reason })
    .where(
      and(
        eq(licenses.subscriptionId, subscription.id),
        inArray(licenses.status, ['active', 'superseded']),
        gt(licenses.expiresAt, longerThan),
        except.length > 0 ? notInArray(licenses.plan, [...except]) : undefined,
        only === undefined ? undefined : eq(licenses.plan, only),
      ),
    )
    .returning()
  await recordRevoked(tx, actor, ended)
  return ended.length > 0
}

/** A licence may be kept for another period, if its subscription ends within the grace of both. */
async function notePaid(
  tx: Transaction,
  last: LicenseRow | null,
  paidUntil: Date | null,
): Promise<void> {
  if (last?.status !== 'active' || paidUntil === null) return
  if (last.paidUntil?.getTime() === paidUntil.getTime()) return
  await tx
    .update(licenses)
    .set({ paidUntil })
    .where(and(eq(licenses.id, last.id), eq(licenses.status, 'active')))
}

async function supersede(tx: Transaction, subscriptionId: string, plan: string): Promise<void> {
  await tx
    .update(licenses)
    .set({ status: 'superseded' })
    .where(
      and(
        eq(licenses.subscriptionId, subscriptionId),
        eq(licenses.plan, plan),
        eq(licenses.status, 'active'),
      ),
    )
}

/** The owner's newest licence for each plan, newest first; a former owner's do not count. */
async function lastOf(
  tx: Transaction,
  { id, customerId }: Pick<SubscriptionRow, 'id' | 'customerId'>,
): Promise<LicenseRow[]> {
  const rows = await tx
    .select()
    .from(licenses)
    .where(and(eq(licenses.subscriptionId, id), eq(licenses.customerId, customerId)))
    .orderBy(desc(licenses.seq))
    .for('update')
  const seen = new Set<string | null>()
  return rows.filter(({ plan }) => !seen.has(plan) && seen.add(plan))
}
