import { setTimeout as delay } from 'node:timers/promises'
import { type Row, type Samples, median, percentile } from './report.ts'
import {
  type Call,
  hold,
  manyEvents,
  manyHolds,
  manyReports,
  sameEvent,
  silentServer,
  stripeServer,
  traffic,
} from './stuck.ts'

/** Of each kind of call, at a steady rate, whatever becomes of those before. */
const CALLS_PER_S = 50
const TARGET = 1.5
/** After something was stuck, what is left of it ends first. */
const SETTLE_MS = 2_000
const WARM_S = 5
const WEBHOOK_SECRET = 'whsec_of_the_bench_0123456789abcdefghijk'

export interface BulkheadOptions {
  /** A service of its own with these settings; it ends with the measurement. */
  start: (env: Record<string, string>) => Promise<{
    origin: string
    /** From now on its standard output is read no more. */
    mute(): void
    stop(): Promise<void>
  }>
  createCustomers: (origin: string, count: number) => Promise<string[]>
  url: string
  token: string
  adminToken: string
  rounds: number
  durationS: number
  /** How many lapsed holds, expired reports and parked events. */
  many: number
  /** Only what has this in its name. */
  stuck: string
}

interface Stuck {
  what: string
  /** Begins the calls of those concerned, which are the same with nothing stuck, so that only that differs. */
  begin: (isStuck: boolean) => Promise<() => Promise<void>>
}

/**
 * One thing is stuck, and what all others feel of it: the p99 of each kind of call with and without,
 * in turns. A call that fails counts as one that took for ever. The target is for the median of the rounds: one
 * pause of the machine in one of them decides the p99 of all rounds together, which is printed beside it.
 */
export async function measureBulkheads(options: BulkheadOptions, samples: Samples): Promise<Row[]> {
  const stripe = await stripeServer()
  const redis = await silentServer()
  const env = {
    STRIPE_SECRET_KEY: 'sk_test_of_the_bench_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
  }
  const service = await options.start(env)
  const beside = await options.start({ ...env, REDIS_URL: `redis://127.0.0.1:${redis.port}` })
  const muted = await options.start({ ...env, LOG_LEVEL: 'info' })
  try {
    const { origin } = service
    const others = await othersOf(options, origin)
    const besideThem = await othersOf(options, beside.origin)
    const rows: Row[] = []
    const ofMuted = await othersOf(options, muted.origin)
    const asIs = () => Promise.resolve(nothing)
    const things = [
      // What it shows is how far two halves differ by chance.
      { what: 'nothing', begin: asIs, calls: others },
      ...(await stuckThings(options, origin, stripe)).map((one) => ({ ...one, calls: others })),
      { what: 'a hung Redis', begin: asIs, calls: besideThem },
      { what: 'a hung log', begin: asIs, calls: ofMuted },
    ]
    for (const { what, begin, calls } of things.filter((one) => one.what.includes(options.stuck))) {
      if (calls === ofMuted) {
        muted.mute()
        await fillLog(muted.origin)
      }
      rows.push(await compare(what, options, samples, others, calls, begin))
    }
    return rows
  } finally {
    await Promise.all([service.stop(), beside.stop(), muted.stop()])
    stripe.close()
    redis.close()
  }
}

const nothing = () => Promise.resolve()

/** More lines than a pipe holds. */
async function fillLog(origin: string): Promise<void> {
  for (let n = 0; n < 2_000; n++) {
    const answer = await fetch(`${origin}/.well-known/jwks.json`)
    await answer.arrayBuffer()
  }
}

type Others = Record<string, () => Promise<unknown>>

async function othersOf(options: BulkheadOptions, origin: string): Promise<Others> {
  const [apiKey = ''] = await options.createCustomers(origin, 1)
  const internal = { 'x-internal-token': options.token }
  const admin = { authorization: `Bearer ${options.adminToken}` }
  let user = 0
  const next = () => `user-${(user++ % 1_000) + 1}`
  const call = async ({ method, path, headers, body }: Call) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const init = { method, headers: { ...json, ...headers }, signal: AbortSignal.timeout(15_000) }
    const sent = body === undefined ? init : { ...init, body: JSON.stringify(body) }
    const answer = await fetch(origin + path, sent)
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
  }
  const one = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    call({ method, path, headers, body })
  return {
    charge: () => one('POST', '/deduct', internal, { user_id: next(), amount: 1 }),
    balance: () => one('GET', `/balance/${next()}`, internal),
    report: () =>
      one('POST', '/api/usage/report', { 'x-api-key': apiKey }, { metrics: { 'api.calls': 1 } }),
    'key check': () => one('GET', '/api/me', { 'x-api-key': apiKey }),
    'admin read': () => one('GET', '/api/customers?limit=10', admin),
  }
}

async function compare(
  what: string,
  { rounds, durationS }: BulkheadOptions,
  samples: Samples,
  calmCalls: Others,
  stuckCalls: Others,
  begin: Stuck['begin'],
): Promise<Row> {
  const calm: Rounds = new Map()
  const stuck: Rounds = new Map()
  // Warm: connections are open, keys known, and what runs often is compiled.
  await times(calmCalls, WARM_S)
  await times(stuckCalls, WARM_S)
  for (let round = 1; round <= rounds; round++) {
    for (const isStuck of [false, true]) {
      const end = await begin(isStuck)
      if (isStuck) keep(stuck, await times(stuckCalls, durationS))
      else keep(calm, await times(calmCalls, durationS))
      await end()
      await delay(SETTLE_MS)
    }
    process.stderr.write(`round ${round}  ${what}\n`)
  }
  const ratios = [...calm].map(([name, calmRounds]) => {
    const stuckRounds = stuck.get(name) ?? []
    samples.set(`${name}, calm before ${what}, ms`, calmRounds.flat())
    samples.set(`${name}, ${what}, ms`, stuckRounds.flat())
    const [a, b] = [ofTypicalRound(stuckRounds), ofTypicalRound(calmRounds)]
    const ofAll = percentile(stuckRounds.flat(), 0.99) / percentile(calmRounds.flat(), 0.99)
    return {
      name,
      ratio: a / b,
      text:
        `${name} ${(a / b).toFixed(2)} × (${a.toFixed(0)} : ${b.toFixed(0)} ms; ` +
        `all rounds ${ofAll.toFixed(2)} ×)`,
    }
  })
  return {
    what: `p99 of others with ${what}`,
    value: ratios.map(({ text }) => text).join(', '),
    target: `≤ ${TARGET} ×`,
    met: ratios.every(({ ratio }) => ratio <= TARGET),
  }
}

/** What each kind of call took, in each round. */
type Rounds = Map<string, number[][]>

function keep(rounds: Rounds, round: ReadonlyMap<string, number[]>): void {
  for (const [name, values] of round) rounds.set(name, [...(rounds.get(name) ?? []), values])
}

function ofTypicalRound(rounds: readonly number[][]): number {
  return median(rounds.map((values) => percentile(values, 0.99)))
}

/** Each call timed from when it was due, so that what waits behind a pause counts too. */
async function times(others: Others, durationS: number): Promise<Map<string, number[]>> {
  const took = new Map<string, number[]>(Object.keys(others).map((name) => [name, []]))
  const calls: Promise<void>[] = []
  const begun = performance.now()
  for (let n = 0; n < durationS * CALLS_PER_S;) {
    const due = begun + (n * 1_000) / CALLS_PER_S
    if (due > performance.now()) {
      await delay(1)
      continue
    }
    n += 1
    for (const [name, call] of Object.entries(others)) {
      const note = (ms: number) => void took.get(name)?.push(ms)
      calls.push(
        call().then(
          () => note(performance.now() - due),
          () => note(Infinity),
        ),
      )
    }
  }
  await Promise.all(calls)
  return took
}

async function stuckThings(
  options: BulkheadOptions,
  origin: string,
  stripe: Awaited<ReturnType<typeof stripeServer>>,
): Promise<Stuck[]> {
  const { url, token, adminToken, many, rounds } = options
  const [apiKey = ''] = await options.createCustomers(origin, 1)
  const customerId = apiKey.split('_').slice(0, 2).join('_')
  const keyId = apiKey.split('_')[2]?.slice(0, 8) ?? ''
  const internal = { 'x-internal-token': token }
  const admin = { authorization: `Bearer ${adminToken}` }
  const each = Math.ceil(many / rounds)
  const locked = (what: string, statement: string, loops: number, next: () => Call): Stuck => ({
    what,
    begin: async (isStuck) => {
      const release = isStuck ? await hold(url, 'begin', statement) : undefined
      const stop = traffic(origin, loops, next)
      // Until all of them wait.
      await delay(500)
      return async () => {
        await release?.()
        await stop()
      }
    },
  })
  // As many rows are stored for the calm half: what is compared is whether there is something to do with them.
  const worked = (
    what: string,
    prepare: (isStuck: boolean) => Promise<void>,
    next: () => Call,
  ): Stuck => ({
    what,
    begin: async (isStuck) => {
      await prepare(isStuck)
      return traffic(origin, 1, next)
    },
  })
  const deduct = { method: 'POST', path: '/deduct', headers: internal }
  const customer = `/api/customers/${customerId}`
  const plan = { name: 'Bench', features: {}, limits: { 'api.calls': 1_000_000_000_000 } }
  const metrics = { method: 'GET', path: '/metrics', headers: admin }
  return [
    locked(
      'a locked account',
      `select from accounts where user_id = 'user-9999' for update`,
      4,
      () => ({ ...deduct, body: { user_id: 'user-9999', amount: 1 } }),
    ),
    locked(
      'a locked customer',
      `select from customers where id = '${customerId}' for update`,
      12,
      () => ({ method: 'PATCH', path: customer, headers: admin, body: { company_name: 'Bench' } }),
    ),
    locked('a locked key', `select from api_keys where id = '${keyId}' for update`, 12, () => ({
      method: 'POST',
      path: `${customer}/api-keys/${keyId}/rotate`,
      headers: admin,
    })),
    locked('a locked plan', `select from plans where id = 'bench' for update`, 12, () => ({
      method: 'PUT',
      path: '/api/plans/bench',
      headers: admin,
      body: plan,
    })),
    {
      what: 'a locked event',
      begin: async (isStuck) => {
        const event = sameEvent('evt_of_the_bench', WEBHOOK_SECRET)
        const { method, path, headers, body } = event
        await fetch(origin + path, { method, headers, body: String(body) })
        return locked(
          '',
          `select from stripe_events where id = 'evt_of_the_bench' for update`,
          4,
          () => event,
        ).begin(isStuck)
      },
    },
    {
      what: 'a hung Stripe',
      begin: async (isStuck) => {
        stripe.hang(isStuck)
        const path = '/top_up/checkout'
        const body = { user_id: 'user-1', amount: 500, ...urls }
        const stop = traffic(origin, 12, () => ({ ...deduct, path, body }))
        return async () => {
          stripe.hang(false)
          await stop()
        }
      },
    },
    {
      what: 'a long snapshot',
      begin: async (isStuck) => {
        const isolated = 'begin isolation level repeatable read'
        return isStuck ? hold(url, isolated, 'select count(*) from accounts') : nothing
      },
    },
    worked(
      `${each} lapsed holds`,
      (areLapsed) => manyHolds(url, each, areLapsed),
      () => metrics,
    ),
    worked(
      `${each} expired reports`,
      (areExpired) => manyReports(url, customerId, each, areExpired),
      () => ({
        method: 'DELETE',
        path: '/api/usage/cleanup',
        headers: admin,
      }),
    ),
    worked(
      `${each} parked events`,
      (areParked) => manyEvents(url, each, areParked),
      () => metrics,
    ),
  ]
}

const urls = {
  success_url: 'http://localhost/welcome',
  cancel_url: 'http://localhost/pricing',
}
