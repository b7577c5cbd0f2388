import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { STRIPE_KEY, startBilling } from '../support/billing.ts'
import { counts } from '../support/counts.ts'
import { putPlan } from '../support/customers.ts'
import { type TestDatabase, asAdmin, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { SEED, randomOf } from '../support/random.ts'
import { scaled } from '../support/scale.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { fillStripe } from '../support/stripe/lives.ts'
import { query } from '../support/tables.ts'

const EVENTS = scaled(2_000, 200, 1_000)
const COPIES = 5
const KILLS = scaled(20, 1, 10)
const SETTLE_MS_MAX = 120_000

test('promise 16: events shuffled, in copies, at once and with kills end as those in order', async (t) => {
  counts(t, {
    promise: '16',
    what: 'Events of Stripe shuffled, in five copies, at once',
    trials: EVENTS * COPIES,
    faults: KILLS,
  })
  const billing = await startBilling(t)
  const { stripe, service, deliver } = billing
  const pro = stripe.addPrice({ unit_amount: 9_900, recurring: { interval: 'month' } })
  await putPlan(service, 'pro', { stripe_price_id: pro.id })
  const prices = [billing.price.id, pro.id]
  const people = await fillStripe(stripe, STRIPE_KEY, { prices, eventsMin: EVENTS, seed: SEED })
  const events = [...stripe.events]
  // What has just happened may still be unknown to some of Stripe's machines; here none of it is new.
  stripe.clock.advance(86_400)
  const database = await createDatabase()
  t.after(() => database.drop())
  for (const one of [service.database, database]) await addPeople(one, people, prices)

  await deliver(events, { concurrency: 1 })
  const expected = await stateOf(service.database)
  assert.ok(Object.keys(expected['plans']!).length > 3)

  const shaken = await startKilled(t, { ...billing.settings, DATABASE_URL: database.url })
  const delivery = stripe.deliver({
    to: `${shaken.origin}/api/webhooks/stripe`,
    events,
    order: 'shuffled',
    seed: SEED,
    copies: COPIES,
    concurrency: 32,
    attempts: 1_000,
    retryDelayMs: 50,
  })
  const random = randomOf(SEED)
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(random.int(100, 500))
    await shaken.kill()
  }
  const report = await delivery
  assert.deepEqual(report.undelivered, [])
  const settled = await eventually(async () => {
    // What failed when its process was killed is due at some later time.
    await asAdmin(
      database.adminUrl,
      (sql) => sql`update graphile_worker._private_jobs set run_at = now() where run_at > now()`,
    )
    const [row] = await query<{ n: number }[]>(
      database,
      `select count(*)::int as n from stripe_events where status = 'pending'`,
    )
    return row?.n === 0
  }, SETTLE_MS_MAX)
  assert.ok(settled)
  t.diagnostic(`${events.length} events, ${report.attempts} deliveries, ${KILLS} kills`)
  assert.deepEqual(await stateOf(database), expected)
  const [count] = await query<{ n: number }[]>(
    database,
    'select count(*)::int as n from stripe_events',
  )
  assert.equal(count?.n, events.length)
})

/** A service on a port that stays, which can be killed and is there again. */
async function startKilled(t: TestContext, env: Record<string, string>) {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const dataDir = newDataDir(t)
  const start = () =>
    startServiceProcess(t, dataDir, { ...env, PORT: String(port), LOG_LEVEL: 'silent' })
  let process = await start()
  return {
    origin: process.origin,
    kill: async () => {
      process.child.kill('SIGKILL')
      await process.ended
      process = await start()
    },
  }
}

async function addPeople(
  database: TestDatabase,
  people: { customerIds: string[]; userIds: string[] },
  prices: string[],
): Promise<void> {
  await asAdmin(database.adminUrl, async (sql) => {
    for (const [index, plan] of ['starter', 'pro'].entries()) {
      await sql`
        insert into plans (id, name, stripe_price_id, features, limits)
        values (${plan}, ${plan}, ${prices[index]!}, '{}', '{}') on conflict do nothing`
    }
    for (const id of people.customerIds) {
      await sql`insert into customers (id, email, metadata) values (${id}, 'a@example.com', '{}')`
    }
    await sql`
      insert into accounts (system, asset)
      select unnest(array['adjustments', 'holds', 'revenue', 'stripe']), 'USD/2'
      on conflict do nothing`
    for (const id of people.userIds) {
      await sql`insert into accounts (user_id, asset, tier) values (${id}, 'USD/2', 'pro')`
    }
  })
}

/** What users see of it all. */
async function stateOf(database: TestDatabase): Promise<Record<string, Record<string, unknown>>> {
  const read = async (text: string) =>
    Object.fromEntries(
      (await query<{ key: string; value: unknown }[]>(database, text)).map((row) => [
        row.key,
        row.value,
      ]),
    )
  return {
    linked: await read('select id as key, stripe_customer_id as value from customers order by id'),
    plans: await read('select id as key, plan as value from customers order by id'),
    subscriptions: await read(`
      select id as key, jsonb_build_array(customer_id, plan, status, quantity, current_period_start,
        current_period_end, cancel_at_period_end, ended_at) as value from subscriptions order by id`),
    balances: await read(`
      select user_id as key, jsonb_build_array(balance, held, charged_back) as value from accounts
      where user_id is not null order by user_id`),
    payments: await read(`
      select id as key, jsonb_build_array(paid, refunded, lost) as value
      from stripe_payments order by id`),
    // A dispute's money is held for as long as its end is not heard of, and what is given back may have been
    // taken or not: both depend on the order.
    moved: await read(`
      select a.user_id || ' ' || replace(t.kind, 'reinstatement', 'reversal') as key,
        sum(case t.kind when 'stripe_reinstatement' then -t.amount else t.amount end)::text as value
      from transfers t join accounts a on a.id = t.account_id
      where t.kind not in ('hold', 'release') group by 1
      having sum(case t.kind when 'stripe_reinstatement' then -t.amount else t.amount end) <> 0
      order by 1`),
    settled: await read(
      'select id as key, jsonb_build_array(status, reason) as value from stripe_events order by id',
    ),
  }
}
