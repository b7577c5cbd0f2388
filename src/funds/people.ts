import type { Transaction } from '../database/index.ts'
import type { Personal, Whom } from '../privacy/personal.ts'
import { accountSubject } from './accounts.ts'

/** The names of a user in Stripe's events, in the form of `people_in`: user id, account, payments. */
export async function peopleOfAccount(
  tx: Transaction,
  personal: Personal,
  whom: Extract<Whom, { customerId: null }>,
): Promise<{ people: string[]; stripeCustomerIds: string[] }> {
  const { userId, accountId } = whom
  const { ids, stripeCustomerIds } = await personal.namesOf(tx, whom)
  const own = [userId, userId.toLowerCase(), accountSubject({ id: accountId })]
  return { people: [...own, ...ids], stripeCustomerIds }
}
