import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { createCustomer } from '../support/customers.ts'
import { type TestDatabase, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Scrape {
  text: string
  /** The names of metrics, with the labels that their samples have. */
  labels: Map<string, Set<string>>
  /** The names of metrics that have a sample. */
  sampled: Set<string>
}

async function scrape(service: Service): Promise<Scrape> {
  const { body: text } = await service.asAdmin('GET', '/metrics')
  const labels = new Map<string, Set<string>>()
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const suffix of suffixes) labels.set(name + suffix, new Set())
  }
  for (const [, name = '', inner = ''] of text.matchAll(/^(\w+)\{([^}]*)\} /gm)) {
    for (const [, label = ''] of inner.matchAll(/(\w+)="/g)) labels.get(name)?.add(label)
  }
  const sampled = new Set([...text.matchAll(/^(\w+)(?:\{.*\})? /gm)].map(([, name = '']) => name))
  return { text, labels, sampled }
}

/** The queries of the dashboard and of the alert rules. */
function queries(): string[] {
  const dashboard = read('deploy/grafana/dashboard.json')
  const rules = read('deploy/prometheus/alerts.yml')
  const fields: string[] = []
  JSON.parse(dashboard, (name, value: unknown) => {
    if (name === 'expr' || name === 'query') fields.push(String(value))
    return value
  })
  const lines = [...rules.matchAll(/expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)/g)]
  return [...fields, ...lines.map(([, block, line]) => block ?? line ?? '')]
}

/** Metrics of others: node_exporter's, and what Prometheus makes itself. */
const OURS = /\b((?:strongroom|nodejs|process)_\w+)(?:\{([^}]*)\})?/g
const OF_PROMETHEUS = new Set(['instance', 'job'])

/** What only a process that runs jobs counts. A worker is not scraped, so nothing may rely on these. */
const OF_JOBS = [
  'strongroom_job_duration_seconds',
  'strongroom_ledger_findings',
  'strongroom_stripe_events_total',
  'strongroom_usage_meter_events_total',
  'strongroom_webhook_attempt_duration_seconds',
  'strongroom_webhook_attempts_total',
]

/** What has no sample here: the limits of these tests are too wide to reach. */
const RARE = ['strongroom_rate_limited_total']

/** A customer has a subscription to each of 22 plans, and two to one of them. */
async function sell(database: TestDatabase, customerId: string): Promise<void> {
  await query(
    database,
    `insert into plans (id, name, features, limits)
      select 'plan-' || n, 'Plan', '{}', '{}' from generate_series(1, 22) as n`,
  )
  await query(
    database,
    `insert into plan_prices (price_id, plan_id, position)
      select 'price_' || n, 'plan-' || n, 0 from generate_series(1, 22) as n`,
  )
  await query(
    database,
    `insert into subscriptions (id, customer_id, stripe_customer_id, items, status, quantity,
        cancel_at_period_end, created_at)
      select 'sub_' || n, '${customerId}', 'cus_1', jsonb_build_array(jsonb_build_object(
        'price', 'price_' || greatest(n, 1), 'quantity', 1, 'start', 1, 'end', 4000000000)),
        'active', 1, false, now()
      from generate_series(0, 22) as n`,
  )
}

/** A server as it is deployed, which is scraped; and what runs its jobs, which is not. */
async function busyService(t: TestContext): Promise<Service> {
  const database = await createDatabase()
  // Redis is named and away, so that what is said of it is there.
  const settings = { REDIS_URL: 'redis://127.0.0.1:1', RUN_JOBS: 'false' }
  const service = await startService(t, settings, database)
  await startService(t, { RUN_JOBS: 'true' }, database)
  t.after(() => database.drop())
  await service.asInternal('POST', '/account', { user_id: 'canary-user', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'canary-user', amount: 500 })
  await service.asInternal('POST', '/deduct', { user_id: 'canary-user', amount: 900 })
  const { apiKey, customerId } = await createCustomer(service)
  const headers = { 'x-api-key': apiKey }
  await service.call('GET', '/api/me', { headers })
  await service.call('GET', '/api/me', { headers })
  await service.call('GET', '/api/me', { headers: { 'x-api-key': 'rubbish' } })
  const metrics = { 'canary.calls': 1 }
  await service.call('POST', '/api/usage/report', { headers, body: { metrics } })
  await service.call('GET', `/canary/${customerId}`)
  await sell(database, customerId)
  await query(
    database,
    `insert into usage_meter_events (customer_id, event_name, value, reason)
      values ('${customerId}', 'calls', 1, 'outcome_unknown')`,
  )
  await query(database, `select graphile_worker.add_job('nothing_here')`)
  const event = JSON.stringify(stripeEvent({ type: 'nothing.here' }))
  await service.call('POST', '/api/webhooks/stripe', {
    headers: { 'stripe-signature': stripeSignature(event) },
    body: event,
  })
  return service
}

test('every metric of the dashboard and the alerts is there, with its labels', async (t) => {
  const service = await busyService(t)
  let seen = await scrape(service)
  // What the worker and the audit log leave comes a moment later.
  assert.ok(
    await eventually(async () => {
      // Either process may put a record into the log, and only the server's part is seen.
      await service.asInternal('POST', '/deduct', { user_id: 'canary-user', amount: 1 })
      seen = await scrape(service)
      return (
        /^strongroom_stripe_events_recent\{status="ignored"\} 1$/m.test(seen.text) &&
        /^strongroom_subscriptions_by_plan/m.test(seen.text) &&
        /^strongroom_audit_delay_seconds_count [1-9]/m.test(seen.text)
      )
    }, 20_000),
  )
  assert.match(seen.text, /^strongroom_job_processes 1$/m)
  const ofPlans = [
    ...seen.text.matchAll(/^strongroom_subscriptions_by_plan\{plan="(.+)"\} (.+)$/gm),
  ]
  const sold = new Map(ofPlans.map(([, plan, count]) => [plan, count]))
  assert.deepEqual([sold.size, sold.get('plan-1'), sold.get('other')], [21, '2', '2'])
  const asked = queries().flatMap((one) => [...one.matchAll(OURS)])
  assert.ok(asked.length > 80, `${asked.length} metrics in queries`)
  const silent = new Set(
    asked.map(([, name = '']) => name).filter((name) => !seen.sampled.has(name)),
  )
  assert.deepEqual([...silent].toSorted(), RARE)
  for (const [, name = '', selector = ''] of asked) {
    const labels = seen.labels.get(name)
    assert.ok(labels !== undefined, `${name} is in no scrape`)
    for (const [, label = ''] of selector.matchAll(/(\w+)[=!]~?"/g)) {
      if (OF_PROMETHEUS.has(label) || labels.size === 0) continue
      assert.ok(labels.has(label), `${name} has no label ${label}`)
    }
  }
})

test('no metric of ours is left out of the dashboard and the alerts', async (t) => {
  const { text } = await scrape(await busyService(t))
  const all = queries().join('\n')
  const names = [...text.matchAll(/^# TYPE (strongroom_\S+) /gm)].map(([, name]) => name ?? '')
  assert.ok(names.length > 30)
  assert.deepEqual(names.filter((name) => !all.includes(name)).toSorted(), OF_JOBS)
})

test('a scrape has no person in it, and no more series for a stranger’s paths and methods', async (t) => {
  const service = await busyService(t)
  await service.call('GET', '/elsewhere')
  const series = ({ text }: { text: string }) =>
    [...text.matchAll(/^strongroom_http_\S+_count\{.*?\}/gm)].length
  const before = series(await scrape(service))
  for (let n = 0; n < 20; n++) await service.call('GET', `/canary-${n}?email=ada@example.com`)
  const after = await scrape(service)
  assert.ok(series(after) <= before + 1, `${series(after)} series after ${before}`)
  assert.doesNotMatch(after.text, /canary|ada@|cust_|127\.0\.0\.1/)
})

test('without its database a scrape says so in time, and all else', async (t) => {
  const service = await startService(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
  const startedAt = performance.now()
  const { text, labels } = await scrape(service)
  assert.ok(performance.now() - startedAt < 5_000)
  assert.match(text, /^strongroom_database_up 0$/m)
  assert.ok(labels.has('strongroom_http_requests_in_flight'))
  assert.doesNotMatch(text, /^strongroom_stripe_events_parked /m)
})

test('scrapes share a sample, however many there are', async (t) => {
  const service = await startService(t)
  await scrape(service)
  const first = (await scrape(service)).text.match(/^strongroom_database_probe_seconds .*$/m)?.[0]
  await Promise.all(Array.from({ length: 10 }, () => scrape(service)))
  const last = (await scrape(service)).text.match(/^strongroom_database_probe_seconds .*$/m)?.[0]
  assert.equal(last, first)
})

test('a ledger that does not verify shows in a scrape, and in the queue of all processes', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  const verify = `select graphile_worker.add_job('verify_ledger', max_attempts => 1)`
  const becomes = (pattern: RegExp) =>
    eventually(async () => pattern.test((await scrape(service)).text), 20_000)
  await query(service.database, verify)
  assert.ok(
    await becomes(
      /^strongroom_job_duration_seconds_count\{task="verify_ledger",outcome="succeeded"\} 1/m,
    ),
  )
  assert.match((await scrape(service)).text, /^strongroom_ledger_findings 0$/m)

  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await query(service.database, `update accounts set balance = 5 where user_id = 'ada'`)
  await query(service.database, verify)
  assert.ok(await becomes(/^strongroom_ledger_findings [1-9]/m))
  assert.ok(await becomes(/^strongroom_jobs_given_up\{task="verify_ledger"\} 1$/m))
})

test('every alert has a page to read, and every page an alert', () => {
  const alerts = [...read('deploy/prometheus/alerts.yml').matchAll(/- alert: (\w+)/g)]
  const links = [...read('deploy/prometheus/alerts.yml').matchAll(/README\.md#(\w+)/g)]
  const pages = [...read('deploy/prometheus/README.md').matchAll(/^## (\w+)$/gm)]
  const names = alerts.map(([, name]) => name)
  assert.deepEqual(
    pages.map(([, name]) => name),
    names,
  )
  assert.deepEqual(
    links.map(([, name]) => name),
    names.map((name) => name?.toLowerCase()),
  )
})
