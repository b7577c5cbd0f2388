import assert from 'node:assert/strict'
import { type KeyObject, generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eraseCustomer } from '../../src/customers/erase-customer.ts'
import { openEventKeys } from '../../src/keys/event-keys.ts'
import { URLS, startBilling } from '../support/billing.ts'
import { createCustomer, keyIdOf, putPlan } from '../support/customers.ts'
import { newFolder } from '../support/licenses.ts'
import { eventually } from '../support/processes.ts'
import { lockRecorder } from '../support/recorded-locks.ts'
import { collectRoutes } from '../support/routes.ts'
import type { Answer, Service } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { asCustomer } from '../support/usage.ts'

const README = 'src/database/README.md'
const ATTEMPT = { attempt: 1, isLast: false }

interface Row {
  what: string
  /** Of each transaction. */
  locks: string[]
  rows: string
  repeated: string
}

/** The table in the README of the folder. */
function documented(): Row[] {
  const text = readFileSync(README, 'utf8')
  const [, table = ''] = /\n## Locks\n[^]*?\n\| ---[^\n]*\n([^]*?)\n\n/.exec(`${text}\n\n`) ?? []
  return table.split('\n').map((line) => {
    const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
    const [, what = '', locks = '', rows = '', repeated = ''] = cells
    return { what, locks: locks === 'none' ? [] : locks.split('; '), rows, repeated }
  })
}

const routes = collectRoutes()

test('every call that changes something and every job is in the table of locks, with all its cells', async (t) => {
  const { service } = await startBilling(t, { RUN_JOBS: 'false' })
  const calls = routes()
    .filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
    .map(({ method, url }) => `${method} ${url}`)
  const wanted = new Set([...calls, ...service.app.jobs.all.map(({ name }) => `job ${name}`)])
  const rows = documented()
  assert.deepEqual(
    [...wanted].filter((what) => !rows.some((row) => row.what === what)),
    [],
    `is not in ${README}`,
  )
  for (const { what, rows: most, repeated } of rows) {
    assert.ok(most !== '' && repeated !== '', `${what} has an empty cell`)
    assert.ok(wanted.has(what) || what.startsWith('every '), `${what} is no call and no job`)
  }
})

test('in the table accounts come before customers, and customers before what belongs to them', () => {
  const rank = (lock: string) => {
    if (lock.startsWith('the number')) return 0
    return lock === 'accounts' ? 1 : lock === 'customers' ? 2 : 3
  }
  const theirs = ['subscriptions', 'licenses', 'usage_reports']
  for (const { what, locks: transactions } of documented()) {
    for (const text of transactions) {
      const locks = text.split(' → ').filter((lock) => rank(lock) < 3 || theirs.includes(lock))
      assert.deepEqual(
        locks,
        locks.toSorted((a, b) => rank(a) - rank(b)),
        `${what}: ${text}`,
      )
    }
  }
})

test('what is locked, and in which order, is as the table says', async (t) => {
  const oldKey = generateKeyPairSync('ed25519').privateKey
  const oldKeyPath = join(newFolder(t), 'events-key.pem')
  writeFileSync(oldKeyPath, oldKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const { service, newCustomer, stripe, to } = await startBilling(t, {
    RUN_JOBS: 'false',
    EVENTS_PREVIOUS_KEY_PATHS: oldKeyPath,
  })
  const { app } = service
  const record = lockRecorder(app)
  const seen = new Map<string, string[]>()
  const call = async (what: string, work: () => Promise<Answer>, statuses: number[]) => {
    let answer: Answer | undefined
    seen.set(what, await record(async () => (answer = await work())))
    assert.ok(
      answer !== undefined && statuses.includes(answer.status),
      `${what}: ${answer?.status}`,
    )
    return answer.body
  }
  const admin = (...given: Parameters<typeof service.asAdmin>) => service.asAdmin(...given)
  const made = await call(
    'POST /api/customers',
    () => admin('POST', '/api/customers', { email: 'bob@example.com' }),
    [201],
  )
  const id = made.customer.customer_id
  const of = `/api/customers/${id}`
  await call(
    'PATCH /api/customers/:customer_id',
    () => admin('PATCH', of, { plan: 'starter' }),
    [200],
  )
  await call(
    'POST /api/customers/:customer_id/api-keys',
    () => admin('POST', `${of}/api-keys`, { name: 'second' }),
    [201],
  )
  const key = `${of}/api-keys/${keyIdOf(made.api_key)}`
  const rotated = await call(
    'POST /api/customers/:customer_id/api-keys/:key_id/rotate',
    () => admin('POST', `${key}/rotate`),
    [201],
  )
  const next = `${of}/api-keys/${keyIdOf(rotated.api_key)}`
  await call(
    'DELETE /api/customers/:customer_id/api-keys/:key_id',
    () => admin('DELETE', next),
    [204],
  )
  const license = await call(
    'POST /api/licenses',
    () => admin('POST', '/api/licenses', { customer_id: id }),
    [201],
  )
  await call(
    'POST /api/licenses/:license_id/revoke',
    () => admin('POST', `/api/licenses/${license.license.license_id}/revoke`, {}),
    [200],
  )
  const plan = { name: 'Other', features: {}, limits: {} }
  await call('PUT /api/plans/:plan_id', () => admin('PUT', '/api/plans/other', plan), [200])
  await query(
    service.database,
    `insert into usage_reports
     select '${id}', 'old', null, now() - interval '200 days', now(), '{"calls":1}', sha256('1')`,
  )
  await call('DELETE /api/usage/cleanup', () => admin('DELETE', '/api/usage/cleanup'), [200])

  const wanted = { name: 'a', scope: 'internal', permissions: ['stats:read'], daily_amount_max: 1 }
  const token = await call('POST /api/tokens', () => admin('POST', '/api/tokens', wanted), [201])
  const newer = await call(
    'POST /api/tokens/:token_id/rotate',
    () => admin('POST', `/api/tokens/${token.info.token_id}/rotate`, {}),
    [201],
  )
  await call(
    'DELETE /api/tokens/:token_id',
    () => admin('DELETE', `/api/tokens/${newer.info.token_id}`),
    [204],
  )

  const endpoints = '/api/webhook-endpoints'
  const draft = { url: 'https://app.example.com/', events: ['*'] }
  const endpoint = await call(`POST ${endpoints}`, () => admin('POST', endpoints, draft), [201])
  const one = `${endpoints}/${endpoint.endpoint.endpoint_id}`
  const ofEndpoint = (method: string, path: string, body: object | undefined, status: number) =>
    call(`${method} ${endpoints}/:endpoint_id${path}`, () => admin(method, one + path, body), [
      status,
    ])
  await ofEndpoint('POST', '/rotate', {}, 200)
  await ofEndpoint('POST', '/test', undefined, 202)
  await ofEndpoint('POST', '/replay', { from_seq: 1 }, 202)
  await ofEndpoint('PATCH', '', { status: 'disabled' }, 200)
  await ofEndpoint('DELETE', '', undefined, 204)

  const internal = (...given: Parameters<typeof service.asInternal>) => service.asInternal(...given)
  await call(
    'POST /account',
    () => internal('POST', '/account', { user_id: 'u', tier: 'x' }),
    [201],
  )
  await call('PATCH /account/:user_id', () => internal('PATCH', '/account/u', { tier: 'y' }), [200])
  const budget = '/account/u/budgets/daily'
  await call(
    'PUT /account/:user_id/budgets/:budget_id',
    () => internal('PUT', budget, { amount: 5, window: 'day' }),
    [200],
  )
  await call('DELETE /account/:user_id/budgets/:budget_id', () => internal('DELETE', budget), [204])
  await call(
    'POST /top_up/checkout',
    () => internal('POST', '/top_up/checkout', { user_id: 'u', amount: 500, ...URLS }),
    [201],
  )

  const auto = { threshold: 1, amount: 500, daily_max: 500, monthly_max: 500, enabled: true }
  await query(
    service.database,
    `insert into saved_payment_methods select id, 'cus_none', 'pm_none', now() from accounts
     where user_id = 'u'`,
  )
  await call(
    'PUT /account/:user_id/auto_top_up',
    () => internal('PUT', '/account/u/auto_top_up', auto),
    [200],
  )
  const [intent] = await query<{ id: string }[]>(
    service.database,
    'select id from auto_top_up_intents',
  )

  const ada = await newCustomer()
  // The first use of a key in a minute is noted, beside what the call does.
  await ada.call('GET', '/api/me')
  const isNoted = async () => {
    const used = `select from api_keys where last_used_at is not null and customer_id = $1`
    return (await query(service.database, used, [ada.customerId])).length > 0
  }
  assert.ok(await eventually(isNoted, 15_000))
  await call('POST /api/subscriptions/checkout', () => ada.checkout(), [201])
  await call(
    'POST /api/subscriptions/portal',
    () => ada.call('POST', '/api/subscriptions/portal', { return_url: URLS.success_url }),
    [201],
  )
  await ada.subscribe()
  const event = stripe.events.find(({ type }) => type === 'customer.subscription.created')
  await stripe.deliver({ to, events: [...stripe.events] })
  const ids = new Map([
    ['charge_auto_top_up', intent?.id ?? ''],
    ['delete_stripe_customer', 'cus_none'],
    ['cancel_subscription', 'sub_none'],
    ['detach_payment_method', 'pm_none'],
    ['refresh_subscription', String(event?.data.object['id'])],
    ['refresh_subscriptions', ada.customerId],
    ['read_stripe_customers', ada.customerId],
    ['update_stripe_customers', ada.customerId],
    ['continue_erasure', String(await begunErasure(service))],
  ])
  for (const job of app.jobs.all) {
    const { name } = job
    if (name === 'reconcile_subscriptions') {
      await query(
        service.database,
        `update subscriptions set items = jsonb_set(items, '{0,quantity}', '7')`,
      )
    }
    if (name === 'seal_webhook_secrets') await insertEndpoint(service, oldKey)
    const payload = { id: ids.get(name) ?? event?.id }
    seen.set(`job ${name}`, await record(() => job.run(payload, ATTEMPT).catch(() => undefined)))
  }

  await call('DELETE /account/:user_id', () => internal('DELETE', '/account/u'), [200, 202])
  await call(
    'DELETE /api/customers/:customer_id',
    () => admin('DELETE', `/api/customers/${ada.customerId}?force=true`),
    [200, 202],
  )

  if (process.env['UPDATE_LOCKS'] === '1') rewrite(seen)
  const table = new Map(documented().map(({ what, locks }) => [what, locks]))
  for (const [what, locks] of seen) assert.deepEqual(locks, table.get(what), what)
})

/** An endpoint whose secret is under a key that was replaced. */
async function insertEndpoint(service: Service, oldKey: KeyObject): Promise<void> {
  const keys = await openEventKeys({ signing: oldKey, previous: [] })
  const { bytes, keyId } = keys.seal('we_old', 'whsec_old')
  await query(
    service.database,
    `insert into webhook_endpoints (id, url, events, secret, secret_key_id, terms, cursor)
     values ('we_old', 'https://app.example.com/', '{}', decode($1, 'hex'), $2, '[]', 0)`,
    [bytes.toString('hex'), keyId],
  )
}

/** The id of an erasure that has begun: of a customer with an account that pays for its usage. */
async function begunErasure(service: Service): Promise<bigint> {
  await putPlan(service, 'paid', {
    metered: { calls: { via: 'funds', asset: 'USD/2', price: 2 } },
  })
  const { customerId, apiKey } = await createCustomer(service, {
    email: 'payer@example.com',
    plan: 'paid',
  })
  await service.asInternal('POST', '/account', { user_id: customerId, tier: 'x' })
  await service.asInternal('POST', '/top_up', { user_id: customerId, amount: 500 })
  const report = { metrics: { calls: 7 } }
  const reported = await asCustomer(service, apiKey)('POST', '/api/usage/report', report)
  assert.equal(reported.status, 201)
  const { erasures } = service.app.databases
  const begun = await eraseCustomer(
    erasures,
    service.app.personal,
    { id: 'system', ip: null },
    customerId,
    true,
  )
  return begun?.id ?? assert.fail('the erasure has not begun')
}

/** `UPDATE_LOCKS=1 npm test -- test/database/locks.test.ts`, then `npm run format`. */
function rewrite(seen: ReadonlyMap<string, string[]>): void {
  const lines = readFileSync(README, 'utf8').split('\n')
  const written = lines.map((line) => {
    const [, what = '', , rows = '', repeated = ''] = line.split('|').map((cell) => cell.trim())
    const locks = seen.get(what.replaceAll('`', ''))
    if (locks === undefined) return line
    const text = locks
      .join('; ')
      .replace(
        /\b[a-z]+(?:_[a-z]+)+\b|(?<!number of )\b(?:accounts|customers|erasures|holds|licenses|plans|subscriptions|transfers)\b/g,
        '`$&`',
      )
    return `| ${what} | ${text || 'none'} | ${rows} | ${repeated} |`
  })
  writeFileSync(README, written.join('\n'))
}
