import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { createCustomer } from '../support/customers.ts'
import { eventually } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** A scrape: the names of metrics, with the labels that their samples have. */
async function scrape(
  service: Service,
): Promise<{ text: string; labels: Map<string, Set<string>> }> {
  const { body: text } = await service.asAdmin('GET', '/metrics')
  const labels = new Map<string, Set<string>>()
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const suffix of suffixes) labels.set(name + suffix, new Set())
  }
  for (const [, name = '', inner = ''] of text.matchAll(/^(\w+)\{([^}]*)\} /gm)) {
    for (const [, label = ''] of inner.matchAll(/(\w+)="/g)) labels.get(name)?.add(label)
  }
  return { text, labels }
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

async function busyService(t: TestContext): Promise<Service> {
  // Redis is named and away, so that what is said of it is there; jobs run.
  const service = await startService(t, { REDIS_URL: 'redis://127.0.0.1:1', RUN_JOBS: 'true' })
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
  // What the jobs and the audit log leave comes a moment later.
  await eventually(async () => {
    seen = await scrape(service)
    return seen.text.includes('task="apply_stripe_event",outcome="succeeded"')
  }, 20_000)
  const asked = queries().flatMap((one) => [...one.matchAll(OURS)])
  assert.ok(asked.length > 80, `${asked.length} metrics in queries`)
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
  assert.deepEqual(
    names.filter((name) => !all.includes(name)),
    [],
  )
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
