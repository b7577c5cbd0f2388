import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { URLS, startBilling } from './billing.ts'
import { asAdmin } from './database.ts'
import { eventually } from './processes.ts'

export const WAIT_MS_MAX = 20_000

export const SETTINGS = {
  threshold: 500,
  amount: 2_000,
  daily_max: 6_000,
  monthly_max: 20_000,
  enabled: true,
}

interface Payment {
  id: string
  status: string
  metadata: Record<string, string>
}

interface Told {
  type: string
  data: Record<string, unknown>
}

/** A user with 1,000 paid by a checkout that has saved its payment method. */
export async function startAutoTopUp(t: TestContext, userId = 'ada', asset = 'USD/2') {
  const billing = await startBilling(t)
  const { service, stripe, deliver } = billing
  const asInternal: typeof service.asInternal = (...call) => service.asInternal(...call)
  await asInternal('POST', '/account', { user_id: userId, tier: 'pro', asset })
  /** @returns the session, whose payment method is to be saved */
  const checkout = async (amount = 1_000): Promise<string> => {
    const body = { user_id: userId, amount, save_payment_method: true, ...URLS }
    const opened = await asInternal('POST', '/top_up/checkout', body)
    assert.equal(opened.status, 201)
    return opened.body.checkout_session_id
  }
  const sessionId = await checkout()
  const path = `/account/${userId}/auto_top_up`
  const payments = () =>
    stripe.events
      .filter(({ type }) => type === 'payment_intent.created')
      .map(({ data }) => data.object as unknown as Payment)
      .filter(({ metadata }) => metadata['purpose'] === 'auto_top_up')
  const intents = () =>
    asAdmin(service.database.url, async (sql) => [
      ...(await sql<{ status: string; failure: string | null }[]>`
        select status, failure from auto_top_up_intents order by created_at`),
    ])
  return {
    ...billing,
    path,
    sessionId,
    checkout,
    payments,
    intents,
    put: (changes = {}) => asInternal('PUT', path, { ...SETTINGS, ...changes }),
    state: async () => (await asInternal('GET', path)).body,
    deduct: (amount: number) => asInternal('POST', '/deduct', { user_id: userId, amount }),
    balance: async (): Promise<number> =>
      (await asInternal('GET', `/balance/${userId}`)).body.balance,
    /** @returns the payment method */
    pay: async (events = () => [...stripe.events]): Promise<string> => {
      stripe.payCheckout(sessionId)
      await deliver(events())
      const session = stripe.find(sessionId) as { payment_intent: string }
      return (stripe.find(session.payment_intent) as { payment_method: string }).payment_method
    },
    /** What was told to the outside, once there is so much of it. */
    told: async (count: number): Promise<Told[]> => {
      const read = async (): Promise<Told[]> => {
        const { body } = await service.asAdmin('GET', '/api/events?limit=200')
        return (body.data as Told[]).filter(({ type }) => type.startsWith('auto_top_up.'))
      }
      assert.ok(await eventually(async () => (await read()).length >= count, WAIT_MS_MAX))
      return read()
    },
    /** Until Stripe has been asked for so many payments. */
    asked: async (count: number) =>
      assert.ok(await eventually(() => payments().length === count, WAIT_MS_MAX)),
    /** Until so many intents have this status. */
    until: (status: string, count = 1) =>
      eventually(
        async () => (await intents()).filter((one) => one.status === status).length === count,
        WAIT_MS_MAX,
      ).then((found) => assert.ok(found, status)),
  }
}
