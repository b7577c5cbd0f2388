import { and, desc, eq, gt, inArray, notInArray } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { plans } from '../plans/tables.ts'
import type { Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { plansOfSubscriptions } from '../subscriptions/held.ts'
import { type Standing, standingOf } from '../subscriptions/standing.ts'
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
 * A licence whose terms still hold is left to expire when a newer one replaces it, so that an
 * instance without the newer one keeps working. A licence with other terms is revoked.
 * @param status the customer's status: a suspended customer gets no licence
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
  // If no plan has the price, the plan is probably being edited; access has not ended.
  if (all.length === 0) return false
  const kept = all.map(({ plan }) => plan.id)
  let changed = await endLicenses(tx, actor, subscription, 'other plan', kept)
  if (keys.signingKeyId === null || status === 'suspended') return changed
  const lasts = await lastOf(tx, subscription.id)
  for (const held of all) {
    const last = lasts.find((one) => one.plan === held.plan.id) ?? null
    const decision = decide(held, last, (keyId) => keys.verifies(keyId), now)
    if (decision.act === 'keep') continue
    const { terms, expiresAt, isChange } = decision
    const planId = held.plan.id
    if (isChange) await endLicenses(tx, actor, subscription, 'other terms', [], [planId])
    await supersede(tx, subscription.id, planId)
    const { id: subscriptionId, customerId } = subscription
    const replaces = last ?? lasts.find(({ plan }) => !kept.includes(plan ?? '')) ?? null
    const draft = { customerId, subscriptionId, ...terms, expiresAt }
    await issueLicense(tx, keys, actor, draft, replaces)
    changed = true
  }
  return changed
}

async function heldOf(tx: Transaction, subscription: SubscriptionRow): Promise<Held[]> {
  const { paid }: Standing = standingOf(stateOf(subscription), subscription.settled)
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
 * @param except plans whose licences stay
 * @param only the plans whose licences are revoked; all if undefined
 */
export async function endLicenses(
  tx: Transaction,
  actor: Actor,
  subscription: Pick<SubscriptionRow, 'id'>,
  reason: string,
  except: readonly string[] = [],
  only?: readonly string[],
): Promise<boolean> {
  const now = new Date()
  const ended = await tx
    .update(licenses)
    .set({ status: 'ended', revokedAt: now, reason })
    .where(
      and(
        eq(licenses.subscriptionId, subscription.id),
        inArray(licenses.status, ['active', 'superseded']),
        gt(licenses.expiresAt, now),
        except.length > 0 ? notInArray(licenses.plan, [...except]) : undefined,
        only === undefined ? undefined : inArray(licenses.plan, [...only]),
      ),
    )
    .returning()
  await recordRevoked(tx, actor, ended)
  return ended.length > 0
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

/** The newest licence for each plan, newest first. */
async function lastOf(tx: Transaction, subscriptionId: string): Promise<LicenseRow[]> {
  const rows = await tx
    .select()
    .from(licenses)
    .where(eq(licenses.subscriptionId, subscriptionId))
    .orderBy(desc(licenses.seq))
    .for('update')
  const seen = new Set<string | null>()
  return rows.filter(({ plan }) => !seen.has(plan) && seen.add(plan))
}
