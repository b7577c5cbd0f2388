import { setTimeout as delay } from 'node:timers/promises'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import type { Send, countingCalls } from './calls.ts'
import type { Random } from './random.ts'
import { RETURN_URLS, type Stage } from './stage.ts'

export interface Cast {
  users: readonly string[]
  customers: readonly { customerId: string; apiKey: string }[]
  /** Ids of recent charges. */
  charges: string[]
}

interface Turn {
  send: Send
  random: Random
  cast: Cast
  stage: Stage
  /** Different in each turn. */
  id: string
}

interface Caller {
  name: string
  /** How many of them there are, and how long each rests between its turns, on average. */
  count: number
  pauseMs: number
  turn: (turn: Turn) => Promise<unknown>
}

const internal = (body?: unknown, expects: number[] = [200]) =>
  ({ as: 'internal', body, expects }) as const
const admin = (expects: number[] = [200]) => ({ as: 'admin', expects }) as const

/** Every kind of caller that the service has. The money that is judged comes from others beside them. */
const CALLERS: readonly Caller[] = [
  {
    name: 'balances and movements',
    count: 3,
    pauseMs: 40,
    turn: async ({ send, random, cast }) => {
      const user = random.pick(cast.users)
      await send('GET', `/balance/${user}`, internal())
      await send('GET', `/account/${user}/transfers?limit=20`, internal())
    },
  },
  {
    name: 'charges and refunds',
    count: 2,
    pauseMs: 60,
    turn: async ({ send, random, cast, id }) => {
      const body = { user_id: random.pick(cast.users), amount: 5, reference: id }
      const charge = await send('POST', '/deduct', internal(body, [200, 402]))
      if (charge?.status !== 200) return
      const transferId = charge.body.transfer_id as string
      if (cast.charges.push(transferId) > 500) cast.charges.shift()
      if (random.below(3) > 0) return
      await send('POST', '/refund', internal({ transfer_id: transferId, amount: 2 }))
    },
  },
  {
    name: 'holds',
    count: 2,
    pauseMs: 60,
    turn: async ({ send, random, cast }) => {
      const body = { user_id: random.pick(cast.users), amount: 20, expires_in_s: 5 }
      const hold = await send('POST', '/holds', internal(body, [201, 402]))
      if (hold?.status !== 201) return
      const path = `/holds/${hold.body.hold_id as string}`
      const fate = random.below(3)
      // The third expires by itself.
      if (fate === 0) await send('POST', `${path}/capture`, internal({ amount: 7 }, [200, 409]))
      if (fate === 1) await send('POST', `${path}/release`, internal({}, [200, 409]))
    },
  },
  {
    name: 'batches',
    count: 1,
    pauseMs: 300,
    turn: async ({ send, random, cast, id }) => {
      const transfers = Array.from({ length: 50 }, (_, index) => ({
        op: index % 2 === 0 ? 'top_up' : 'deduct',
        user_id: random.pick(cast.users),
        amount: 3,
        idempotency_key: `${id}-${index}`,
      }))
      const atomic = random.below(4) === 0
      const body = { transfers: atomic ? transfers.slice(0, 8) : transfers, atomic }
      await send('POST', '/transfers/batch', internal(body, atomic ? [200, 409] : [200]))
    },
  },
  {
    name: 'grants, budgets and checks',
    count: 1,
    pauseMs: 150,
    turn: async ({ send, random, cast }) => {
      const user = random.pick(cast.users)
      const expiresAt = new Date(Date.now() + 20_000).toISOString()
      const grant = { user_id: user, amount: 10, expires_at: expiresAt, category: 'soak' }
      await send('POST', '/grants', internal(grant, [201, 409]))
      const budget = { amount: 1_000_000, window: 'day', alert_at: [80] }
      await send('PUT', `/account/${user}/budgets/daily`, internal(budget))
      await send('POST', '/check', internal({ user_id: user, amount: 10 }))
    },
  },
  {
    name: 'usage reports',
    count: 2,
    pauseMs: 60,
    turn: async ({ send, random, cast, id }) => {
      const { apiKey, customerId } = random.pick(cast.customers)
      const as = { key: apiKey }
      const metrics = { 'api.calls': 1 + random.below(50), tokens: random.below(20) }
      const body = { report_id: id, metrics }
      await send('POST', '/api/usage/report', { as, body, expects: [201, 402] })
      if (random.below(5) > 0) return
      const path = `/api/usage/${customerId}?metric=api.calls&bucket=hour`
      await send('GET', path, { as, expects: [200] })
    },
  },
  {
    name: 'usage in batches',
    count: 1,
    pauseMs: 500,
    turn: async ({ send, random, cast, id }) => {
      const reports = Array.from({ length: 40 }, (_, index) => ({
        report_id: `${id}-${index}`,
        metrics: { 'storage.gb': 1.5 },
      }))
      const as = { key: random.pick(cast.customers).apiKey }
      await send('POST', '/api/usage/report/batch', { as, body: { reports }, expects: [200] })
    },
  },
  {
    name: 'licences',
    count: 1,
    pauseMs: 150,
    turn: async ({ send, random, cast }) => {
      const { apiKey, customerId } = random.pick(cast.customers)
      await send('GET', `/api/licenses/${customerId}`, { as: { key: apiKey }, expects: [200] })
      await send('GET', '/api/licenses/revocations', { expects: [200] })
      await send('GET', '/api/me', { as: { key: apiKey }, expects: [200] })
      if (random.below(10) > 0) return
      const body = { customer_id: customerId }
      const issued = await send('POST', '/api/licenses', { as: 'admin', body, expects: [201] })
      if (issued === null) return
      const path = `/api/licenses/${issued.body.license.license_id as string}/revoke`
      await send('POST', path, { as: 'admin', body: {}, expects: [200] })
    },
  },
  {
    name: 'checkouts at Stripe',
    count: 1,
    pauseMs: 700,
    turn: async ({ send, random, cast, stage }) => {
      const isTopUp = random.below(3) > 0
      const body = isTopUp
        ? { user_id: random.pick(cast.users), amount: 500, ...RETURN_URLS }
        : { plan: 'starter', ...RETURN_URLS }
      const opened = isTopUp
        ? await send('POST', '/top_up/checkout', internal(body, [201]))
        : await send('POST', '/api/subscriptions/checkout', {
            as: { key: random.pick(cast.customers).apiKey },
            body,
            expects: [201, 409],
          })
      if (opened?.status !== 201) return
      const id = opened.body.checkout_session_id as string
      // A checkout that was paid meanwhile has expired the customer's others.
      const session = stage.stripe.find(id) as { status: string } | undefined
      if (session?.status !== 'open') return
      stage.stripe.payCheckout(id)
    },
  },
  {
    name: 'operators',
    count: 1,
    pauseMs: 400,
    turn: async ({ send, random, cast }) => {
      const { customerId } = random.pick(cast.customers)
      const user = random.pick(cast.users)
      for (const path of [
        '/api/customers?limit=50',
        `/api/customers/${customerId}`,
        `/api/audit?limit=50&subject=${user}`,
        `/api/funds/transfers?limit=50&user_id=${user}`,
        `/api/funds/accounts/${user}`,
        '/api/stripe/events?limit=50',
        '/metrics',
      ]) {
        await send('GET', path, admin())
      }
    },
  },
  {
    name: 'keys and exports',
    count: 1,
    pauseMs: 2_000,
    turn: async ({ send, random, cast, id }) => {
      const { customerId } = random.pick(cast.customers)
      const keys = `/api/customers/${customerId}/api-keys`
      const body = { name: id }
      const issued = await send('POST', keys, { as: 'admin', body, expects: [201] })
      if (issued !== null) {
        const as = { key: issued.body.api_key as string }
        await send('GET', '/api/me', { as, expects: [200] })
        await send('DELETE', `${keys}/${issued.body.key.key_id as string}`, admin([204]))
      }
      await send('GET', `/api/customers/${customerId}/export`, admin())
      const user = random.pick(cast.users)
      await send('GET', `/account/${user}/statement?format=csv`, internal())
    },
  },
  {
    name: 'accounts opened and erased',
    count: 1,
    pauseMs: 1_000,
    turn: async ({ send, id }) => {
      const user = `passing-${id}`
      const opened = { user_id: user, tier: 'free' }
      if ((await send('POST', '/account', internal(opened, [201]))) === null) return
      await send('POST', '/top_up', internal({ user_id: user, amount: 9 }))
      await send('DELETE', `/account/${user}?force=true`, internal(undefined, [200, 202]))
    },
  },
  {
    name: 'receipts and the published log',
    count: 1,
    pauseMs: 300,
    turn: async ({ send, random, cast }) => {
      await send('GET', '/log/checkpoint', { expects: [200] })
      if (cast.charges.length === 0) return
      const path = `/transfers/${random.pick(cast.charges)}/receipt`
      await send('GET', path, internal(undefined, [200, 409]))
    },
  },
  {
    name: 'wrong credentials',
    count: 1,
    pauseMs: 100,
    turn: async ({ send, random, cast, id }) => {
      const { customerId } = random.pick(cast.customers)
      // Well formed, so that the database is asked.
      const key = newApiKey(customerId).apiKey
      await send('GET', '/api/me', { as: { key }, expects: [401, 429] })
      const authorization = `Bearer wrong-${id}`
      await send('GET', '/api/customers', { headers: { authorization }, expects: [401, 429] })
      const headers = { 'x-internal-token': `wrong-${id}` }
      await send('GET', '/balance/user-0', { headers, expects: [403, 429] })
    },
  },
]

/** Runs all callers until the signal. What one can't make of an answer is wrong as well. */
export async function callAll(
  { sender, wrong }: Pick<ReturnType<typeof countingCalls>, 'sender' | 'wrong'>,
  { random, cast, stage }: Omit<Turn, 'send' | 'id'>,
  ended: AbortSignal,
): Promise<void> {
  async function live({ name, pauseMs, turn }: Caller, number: number): Promise<void> {
    const send = sender(name)
    const slug = name.replaceAll(/\W+/g, '-')
    for (let count = 0; !ended.aborted; count++) {
      await turn({ send, random, cast, stage, id: `${slug}-${number}-${count}` }).catch(
        (error: unknown) => wrong.push(`${name}: ${String(error)}`),
      )
      await delay(pauseMs * (0.5 + random.next()))
    }
  }
  await Promise.all(
    CALLERS.flatMap((caller) =>
      Array.from({ length: caller.count }, (_, number) => live(caller, number)),
    ),
  )
}
