import type { TestContext } from 'node:test'
import { Stripe } from 'stripe'
import { type StripeEvent, startStripe } from './index.ts'

export const KEY = 'sk_test_of_the_stand_in_0123456789abcdef'
export const SECRET = 'whsec_of_the_stand_in_0123456789abcdefgh'
export const URLS = {
  success_url: 'https://app.example.com/paid',
  cancel_url: 'https://app.example.com',
}

/** A stand-in with the real SDK; it ends with the test. */
export async function startWithSdk(t: TestContext) {
  const stripe = await startStripe({ secretKey: KEY, webhookSecret: SECRET })
  t.after(() => stripe.close())
  const { hostname: host, port } = new URL(stripe.origin)
  const base = { host, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 } as const
  const sdk = new Stripe(KEY, { ...base, timeout: 5_000 })
  const price = stripe.addPrice({ unit_amount: 2_900, recurring: { interval: 'month' } })

  async function subscribe(): Promise<string> {
    const customer = await sdk.customers.create({ email: 'ada@example.com' })
    const { id } = await sdk.checkout.sessions.create({
      ...URLS,
      mode: 'subscription',
      customer: customer.id,
      line_items: [{ price: price.id, quantity: 2 }],
      metadata: { of: 'the session' },
      subscription_data: { metadata: { of: 'the subscription' } },
    })
    stripe.payCheckout(id)
    return (await sdk.checkout.sessions.retrieve(id)).subscription as string
  }

  /** A one-off checkout session for 1,500 cents. */
  async function topUp(): Promise<string> {
    const { id } = await sdk.checkout.sessions.create({
      ...URLS,
      mode: 'payment',
      line_items: [
        { price_data: { currency: 'usd', unit_amount: 1_500, product_data: { name: 'Funds' } } },
      ],
      payment_intent_data: { metadata: { user_id: 'ada' } },
    })
    return id
  }

  return { stripe, sdk, price, subscribe, topUp }
}

export function typesOf(events: readonly StripeEvent[]): string[] {
  return events.map(({ type }) => type)
}

/** The types of the events that an action emits. */
export function emitted(events: readonly StripeEvent[], action: () => void): string[] {
  const before = events.length
  action()
  return typesOf(events.slice(before))
}
