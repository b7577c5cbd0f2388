import { and, eq, gt, isNull, like, sql } from 'drizzle-orm'
import { apiKeys } from '../api-keys/tables.ts'
import { forgetPersonal } from '../audit/personal.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { customers } from '../customers/tables.ts'
import { transfers } from '../funds/tables.ts'
import { recordRevoked } from '../licenses/issue.ts'
import { licenses } from '../licenses/tables.ts'
import type { Database, Transaction } from '../plugins/database/index.ts'
import { Refusal } from '../refusals.ts'
import { subscriptions } from '../subscriptions/tables.ts'
import { USAGE_KEY } from '../usage/charges.ts'
import {
  usageAllowances,
  usageMeterEvents,
  usageMeterSums,
  usageRemainders,
  usageReports,
} from '../usage/tables.ts'
import { eraseLocked, lockAccount } from './erase-account.ts'
import { beginErasure, forgetEvents, ignoreEvents } from './events.ts'
import { peopleOf } from './people.ts'
import { forgetStripeCustomer } from './stripe-customers.ts'

/**
 * Erases a customer: one transaction, so that all of it happens or nothing does. What is left is its
 * id, a pseudonym from here on, with what it used in sums and the ids of its licences, which the
 * revocation list needs. Again, it changes nothing.
 * @param force gives up what is left in an account that has paid for its usage
 * @returns when it was erased
 * @throws Refusal `CUSTOMER_NOT_FOUND`, or `ACCOUNT_NOT_EMPTY` without `force`
 */
export function eraseCustomer(
  db: Database,
  actor: Actor,
  id: string,
  force: boolean,
): Promise<Date> {
  return db.transaction(async (tx) => {
    await beginErasure(tx)
    // Accounts before customers, as whoever charges for usage locks them.
    const payer = await lockAccount(tx, id)
    // Stronger than what an update takes: it waits for keys and usage reports on their way.
    const [customer] = await tx.select().from(customers).where(eq(customers.id, id)).for('update')
    if (customer === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
    if (customer.erasedAt !== null) return customer.erasedAt

    // Before anything is recorded here: what that is of whoever erases, and stays.
    await forgetPersonal(tx, id)
    const keysRevoked = await eraseKeys(tx, actor, id)
    const licensesRevoked = await eraseLicenses(tx, actor, id)
    const people = await peopleOf(tx, customer)
    await tx.delete(subscriptions).where(eq(subscriptions.customerId, id))
    for (const table of [
      usageReports,
      usageAllowances,
      usageMeterSums,
      usageMeterEvents,
      usageRemainders,
    ]) {
      await tx.delete(table).where(eq(table.customerId, id))
    }
    // Its transfers name the reports that they paid for. Any other account is no part of a customer.
    if (payer !== null && (await hasPaidForUsage(tx, payer.id))) {
      await eraseLocked(tx, actor, payer, force)
    }
    const [row] = await tx
      .update(customers)
      .set({
        email: '',
        companyName: null,
        plan: null,
        status: 'suspended',
        stripeCustomerId: null,
        metadata: {},
        idempotencyKey: null,
        idempotencyFingerprint: null,
        idempotencyAnswer: null,
        erasedAt: sql`date_trunc('milliseconds', clock_timestamp())`,
        updatedAt: sql`now()`,
      })
      .where(eq(customers.id, id))
      .returning()
    if (row?.erasedAt == null) throw new Error('The customer was not erased')

    await ignoreEvents(tx, people.ids)
    await forgetEvents(tx, people.all, new Set([customer.email, customer.email.toLowerCase()]))
    for (const stripeId of people.stripeCustomerIds) await forgetStripeCustomer(tx, stripeId)

    const metadata = { keys_revoked: keysRevoked, licenses_revoked: licensesRevoked }
    await recordAudit(tx, actor, { event: 'customer.erased', subject: id, metadata })
    return row.erasedAt
  })
}

async function hasPaidForUsage(tx: Transaction, accountId: bigint): Promise<boolean> {
  const [paid] = await tx
    .select({ seq: transfers.seq })
    .from(transfers)
    .where(and(eq(transfers.accountId, accountId), like(transfers.idempotencyKey, `${USAGE_KEY}%`)))
    .limit(1)
  return paid !== undefined
}

async function eraseKeys(tx: Transaction, actor: Actor, customerId: string): Promise<number> {
  const revoked = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.customerId, customerId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  await tx.update(apiKeys).set({ name: null }).where(eq(apiKeys.customerId, customerId))
  if (revoked.length > 0) {
    const entries = revoked.map((key) => ({
      event: 'api_key.revoked' as const,
      subject: customerId,
      metadata: { key_id: key.id },
    }))
    await recordAudit(tx, actor, ...entries)
  }
  return revoked.length
}

/** Their ids stay, so that the tokens out there are on the revocation list until they expire. */
async function eraseLicenses(tx: Transaction, actor: Actor, customerId: string): Promise<number> {
  const now = new Date()
  const revoked = await tx
    .update(licenses)
    .set({ status: 'revoked', revokedAt: now })
    .where(
      and(
        eq(licenses.customerId, customerId),
        isNull(licenses.revokedAt),
        gt(licenses.expiresAt, now),
      ),
    )
    .returning()
  await recordRevoked(tx, actor, revoked)
  await tx
    .update(licenses)
    .set({ subscriptionId: null, features: {}, limits: {}, reason: null, token: '' })
    .where(eq(licenses.customerId, customerId))
  return revoked.length
}
