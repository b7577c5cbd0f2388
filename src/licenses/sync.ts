import { and, desc, eq, gt, inArray } from 'drizzle-orm'
import type { Actor } from '../audit/record.ts'
import { plans } from '../plans/tables.ts'
import type { Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { type Subscription, decide } from './decide.ts'
import { type LicenseRow, issueLicense, recordRevoked } from './issue.ts'
import { licenses } from './tables.ts'

/**
 * Brings a subscription's licences in step with it, in the transaction that wrote it: issued when
 * access begins, anew when its period or its terms change, revoked when access ends. The caller holds
 * the customer's row; the same state again changes nothing.
 *
 * A licence whose terms still hold is left to expire when a newer one takes its place, so that an
 * instance that has not fetched the newer one goes on. One with other terms is revoked.
 */
export async function syncLicenses(
  tx: Transaction,
  keys: KeyRing,
  actor: Actor,
  subscription: Subscription,
): Promise<void> {
  const now = new Date()
  const plan = await planOf(tx, subscription.plan)
  const last = await lastOf(tx, subscription.id)
  const decision = decide(subscription, plan, last, (keyId) => keys.verifies(keyId), now)
  if (decision.act === 'end') {
    await endLicenses(tx, actor, subscription, `subscription ${subscription.status}`)
  } else if (decision.act === 'issue' && keys.signingKeyId !== null) {
    const { terms, expiresAt, isChange } = decision
    if (isChange) await endLicenses(tx, actor, subscription, 'other terms')
    await supersede(tx, subscription.id)
    const { id: subscriptionId, customerId } = subscription
    await issueLicense(tx, keys, actor, { customerId, subscriptionId, ...terms, expiresAt }, last)
  }
}

/** Revokes every licence of a subscription that would still verify. */
export async function endLicenses(
  tx: Transaction,
  actor: Actor,
  subscription: Pick<Subscription, 'id'>,
  reason: string,
): Promise<void> {
  const now = new Date()
  const ended = await tx
    .update(licenses)
    .set({ status: 'ended', revokedAt: now, reason })
    .where(
      and(
        eq(licenses.subscriptionId, subscription.id),
        inArray(licenses.status, ['active', 'superseded']),
        gt(licenses.expiresAt, now),
      ),
    )
    .returning()
  await recordRevoked(tx, actor, ended)
}

async function supersede(tx: Transaction, subscriptionId: string): Promise<void> {
  await tx
    .update(licenses)
    .set({ status: 'superseded' })
    .where(and(eq(licenses.subscriptionId, subscriptionId), eq(licenses.status, 'active')))
}

async function lastOf(tx: Transaction, subscriptionId: string): Promise<LicenseRow | null> {
  const [row] = await tx
    .select()
    .from(licenses)
    .where(eq(licenses.subscriptionId, subscriptionId))
    .orderBy(desc(licenses.seq))
    .limit(1)
    .for('update')
  return row ?? null
}

async function planOf(tx: Transaction, id: string | null) {
  if (id === null) return null
  const [row] = await tx.select().from(plans).where(eq(plans.id, id))
  return row ?? null
}
