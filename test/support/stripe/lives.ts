import { Stripe } from 'stripe'
import type { StripeStandIn } from './index.ts'

const URLS = { success_url: 'https://app.example.com/a', cancel_url: 'https://app.example.com/b' }

/**
 * Creates random lives of subscriptions and payments, the same for the same seed, until there are
 * enough events.
 */
export async function fillStripe(
  stripe: StripeStandIn,
  key: string,
  options: { prices: readonly string[]; eventsMin: number; seed: number },
): Promise<{ customerIds: string[]; userIds: string[] }> {
  const { hostname: host, port } = new URL(stripe.origin)
  const sdk = new Stripe(key, { host, port, protocol: 'http', telemetry: false })
  const random = randomFrom(options.seed)
  const chance = (part: number) => random() < part
  const customerIds: string[] = []
  const userIds: string[] = []

  while (stripe.events.length < options.eventsMin) {
    const number = String(customerIds.length)
    customerIds.push(await subscriber(`cust_${number.padStart(16, '0')}`))
    userIds.push(await payer(`user-${number}`))
    if (chance(0.3)) stripe.clock.advance(1)
  }
  return { customerIds, userIds }

  async function subscriber(customerId: string): Promise<string> {
    const [price = '', other = ''] = chance(0.5) ? options.prices : options.prices.toReversed()
    const customer = await sdk.customers.create({ metadata: { customer_id: customerId } })
    const metadata = { customer_id: customerId }
    const session = await sdk.checkout.sessions.create({
      ...URLS,
      mode: 'subscription',
      customer: customer.id,
      client_reference_id: customerId,
      line_items: [{ price, quantity: 1 }],
      metadata,
      subscription_data: { metadata },
    })
    stripe.payCheckout(session.id)
    const { subscription: id } = stripe.find(session.id) as { subscription: string }
    if (chance(0.4)) stripe.renew(id)
    if (chance(0.3)) stripe.changePrice(id, other)
    if (chance(0.3)) {
      stripe.failPayment(id)
      const [recovers, isGivenUp] = [chance(0.5), chance(0.5)]
      if (recovers) stripe.recover(id)
      else if (isGivenUp) stripe.giveUp(id, 'unpaid')
    }
    if (chance(0.2)) stripe.cancelAtPeriodEnd(id)
    if (chance(0.3)) stripe.cancel(id)
    else if (chance(0.1)) stripe.deleteCustomer(customer.id)
    return customerId
  }

  async function payer(userId: string): Promise<string> {
    const metadata = { purpose: 'top_up', user_id: userId }
    const session = await sdk.checkout.sessions.create({
      ...URLS,
      mode: 'payment',
      line_items: [
        {
          price_data: { currency: 'usd', unit_amount: 1_000, product_data: { name: 'Top-up' } },
          quantity: 1,
        },
      ],
      metadata,
      payment_intent_data: { metadata },
    })
    stripe.payCheckout(session.id)
    const { payment_intent: intent } = stripe.find(session.id) as { payment_intent: string }
    const { latest_charge: charge } = stripe.find(intent) as { latest_charge: string }
    if (chance(0.4)) stripe.refund(charge, 300)
    if (chance(0.3)) stripe.refund(charge, 200)
    if (chance(0.2))
      stripe.closeDispute(stripe.dispute(charge, { amount: 400 }), chance(0.5) ? 'won' : 'lost')
    return userId
  }
}

/** mulberry32: small, and the same on every platform. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
