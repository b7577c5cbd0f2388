import { eq, sql } from 'drizzle-orm'
import { emailForOthers } from '../http/email.ts'
import type { Actor } from '../audit/record.ts'
import { customers, stripeCustomers } from './tables.ts'
import type { Database } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { closeAccount, lockAccount } from '../funds/erase-account.ts'
import { type Erasure, beginErasure, limitWaits } from '../privacy/erasure.ts'
import { peopleOf } from './people.ts'
import type { Personal } from '../privacy/personal.ts'
import { eraseStripeCustomer } from '../stripe/erased-customers.ts'
import { isCustomerErasing } from '../privacy/under-way.ts'

/**
 * Begins to erase a customer, who is unknown to all calls from here on. In the end there remain its
 * id, as a pseudonym, the sums of its usage, and the ids of its licences, which the revocation list
 * needs. Everything else is deleted in pages.
 * @param force gives up the balance of an account that has paid for its usage
 * @returns null if it has begun already
 * @throws Refusal `CUSTOMER_NOT_FOUND`, or `ACCOUNT_NOT_EMPTY` without `force`
 */
export function eraseCustomer(
  db: Database,
  personal: Personal,
  actor: Actor,
  id: string,
  force: boolean,
): Promise<Erasure | null> {
  return db.transaction(async (tx) => {
    await limitWaits(tx)
    // Lock order: accounts before customers, as in charging for usage.
    const payer = await lockAccount(tx, id)
    // A stronger lock than an update takes: it waits for running changes of keys and usage reports.
    const [customer] = await tx.select().from(customers).where(eq(customers.id, id)).for('update')
    if (customer === undefined || customer.erasedAt !== null) {
      if (await isCustomerErasing(tx, id)) return null
      throw new Refusal('CUSTOMER_NOT_FOUND')
    }

    const people = await peopleOf(tx, personal, customer)
    // The account belongs to the customer if it pays for the customer's usage.
    const isPart = payer !== null && (await personal.isPart(tx, payer.id))
    const closed = isPart ? await closeAccount(tx, personal, payer, force) : null
    const [row] = await tx
      .update(customers)
      .set({
        email: '',
        companyName: null,
        plan: null,
        basePlan: null,
        externalId: null,
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
      .returning({ closedAt: customers.erasedAt })
    if (row?.closedAt == null) throw new Error('The customer was not closed')
    await tx.delete(stripeCustomers).where(eq(stripeCustomers.customerId, id))
    for (const stripeId of people.stripeCustomerIds) await eraseStripeCustomer(tx, stripeId)
    await personal.close(tx, id)

    const { email } = customer
    return beginErasure(tx, actor, id, {
      ...closed,
      closedAt: row.closedAt,
      customerId: id,
      people: [...people.all, ...(closed?.people ?? [])],
      forgotten: [
        email,
        email.toLowerCase(),
        emailForOthers(email),
        ...people.stripeCustomerIds,
        ...(closed?.forgotten ?? []),
      ],
      ignored: people.ids,
    })
  })
}
