import type { Send } from './calls.ts'
import type { Cast } from './callers.ts'
import type { Stage } from './stage.ts'

const USERS = 200
const CUSTOMERS = 20

/** Users with money, customers with a key and money, plans, and an endpoint that gets every event. */
export async function castFor({ stripe, receiver }: Stage, send: Send): Promise<Cast> {
  async function done(path: string, sent: Parameters<Send>[2], method = 'POST') {
    const answer = await send(method, path, sent)
    if (answer === null) throw new Error(`${method} ${path} failed`)
    // oxlint-disable-next-line typescript/no-unsafe-return
    return answer.body
  }
  const opens = async (userId: string) => {
    const account = { user_id: userId, tier: 'pro' }
    await done('/account', { as: 'internal', body: account, expects: [201] })
    const topUp = { user_id: userId, amount: 10_000_000 }
    await done('/top_up', { as: 'internal', body: topUp, expects: [200] })
  }

  const users = Array.from({ length: USERS }, (_, index) => `user-${index}`)
  for (const user of users) await opens(user)
  const price = stripe.addPrice({ unit_amount: 2_900, recurring: { interval: 'month' } })
  const starter = { name: 'Starter', features: {}, limits: {}, stripe_price_id: price.id }
  await done('/api/plans/starter', { as: 'admin', body: starter, expects: [200] }, 'PUT')
  const metered = { tokens: { via: 'funds', asset: 'USD/2', price: 1, per: 1 } }
  const pro = { name: 'Pro', features: { sso: true }, limits: { 'api.calls': 1_000_000 }, metered }
  await done('/api/plans/pro', { as: 'admin', body: pro, expects: [200] }, 'PUT')

  const customers: { customerId: string; apiKey: string }[] = []
  for (let index = 0; index < CUSTOMERS; index++) {
    const body = { email: `customer-${index}@example.com`, plan: 'pro' }
    const made = await done('/api/customers', { as: 'admin', body, expects: [201] })
    const customerId = made.customer.customer_id as string
    await opens(customerId)
    customers.push({ customerId, apiKey: made.api_key as string })
  }
  const endpoint = {
    url: receiver.url,
    events: ['funds.topped_up', 'funds.refunded', 'account.*', 'license.*', 'subscription.updated'],
  }
  await done('/api/webhook-endpoints', { as: 'admin', body: endpoint, expects: [201] })
  return { users, customers, charges: [] }
}
