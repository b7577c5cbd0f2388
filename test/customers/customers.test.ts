import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer, me, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { assertNothingWritten, closeAuditLog, query } from '../support/tables.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface AuditRow {
  event: string
  actor: string
  ip: string
  metadata: Record<string, unknown>
}

function auditOf(service: Service, subject: string): Promise<AuditRow[]> {
  const statement = `
    select event, actor, value as ip, metadata from audit_records r
    left join audit_personal p on p.commitment = r.ip where r.subject = $1 order by id`
  return query(service.database, statement, [subject])
}

test('a customer is created with a first key, and read as it was given', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter')
  const draft = {
    email: 'Ada.Lovelace+billing@Example.com',
    company_name: 'Analytical Engines Ltd',
    plan: 'starter',
    metadata: { crm_id: 'A-17', seats: 3, tags: ['x'], none: null },
  }
  const created = await service.asAdmin('POST', '/api/customers', draft)
  assert.equal(created.status, 201)
  assert.deepEqual(Object.keys(created.body), ['customer', 'api_key'])
  const { customer } = created.body
  const { customer_id, created_at, updated_at, ...rest } = customer
  assert.deepEqual(rest, {
    ...draft,
    plans: ['starter'],
    base_plan: 'starter',
    external_id: null,
    subscription_status: null,
    status: 'active',
    stripe_customer_id: null,
    stripe_customer_ids: [],
  })
  assert.match(customer_id, /^cust_[0-9A-Za-z]{16}$/)
  assert.match(created_at, TIME)
  assert.equal(updated_at, created_at)
  assert.match(created.body.api_key, new RegExp(`^${customer_id}_[0-9A-Za-z]{46}$`))

  const read = await service.asAdmin('GET', `/api/customers/${customer_id}`)
  assert.deepEqual([read.status, read.body], [200, customer])
  const self = await me(service, created.body.api_key)
  assert.equal(self.body.customer_id, customer_id)

  const least = await service.asAdmin('POST', '/api/customers', { email: 'bob@example.com' })
  assert.deepEqual(
    { ...least.body.customer, customer_id: 0, created_at: 0, updated_at: 0 },
    {
      customer_id: 0,
      email: 'bob@example.com',
      company_name: null,
      plan: null,
      plans: [],
      base_plan: null,
      external_id: null,
      subscription_status: null,
      status: 'active',
      stripe_customer_id: null,
      stripe_customer_ids: [],
      metadata: {},
      created_at: 0,
      updated_at: 0,
    },
  )
})

test('a change touches what it names and nothing else', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'starter')
  await putPlan(service, 'pro')
  const { customerId } = await createCustomer(service, {
    email: 'ada@example.com',
    company_name: 'Engines',
    plan: 'starter',
    metadata: { a: 1, b: 2 },
  })
  const path = `/api/customers/${customerId}`
  let { body: expected } = await service.asAdmin('GET', path)
  const changes = [
    { email: 'ada@example.org' },
    { company_name: null },
    { plan: null },
    { plan: 'pro', status: 'suspended' },
    { status: 'active' },
    { metadata: { b: { c: 3 } } },
    { metadata: {} },
  ]
  for (const change of changes) {
    const answer = await service.asAdmin('PATCH', path, change)
    assert.equal(answer.status, 200)
    assert.ok(answer.body.updated_at >= expected.updated_at)
    // Without a subscription the plan that an operator sets is the one that is held.
    const { plan } = change
    const held = plan === undefined ? {} : { base_plan: plan, plans: plan === null ? [] : [plan] }
    expected = { ...expected, ...change, ...held, updated_at: answer.body.updated_at }
    assert.deepEqual(answer.body, expected)
    assert.deepEqual((await service.asAdmin('GET', path)).body, expected)
  }
})

test('an id that is unknown is a 404, and writes nothing', async (t) => {
  const service = await startService(t)
  const path = '/api/customers/cust_0000000000000000'
  await assertNothingWritten(service.database, async () => {
    assertRefused(await service.asAdmin('GET', path), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('PATCH', path, { plan: 'pro' }), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('POST', `${path}/api-keys`, {}), 'CUSTOMER_NOT_FOUND')
    assertRefused(await service.asAdmin('GET', `${path}/api-keys`), 'CUSTOMER_NOT_FOUND')
  })
})

test('suspending stops every key on every replica within a second; reactivating frees them', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const ada = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  const path = `/api/customers/${ada.customerId}`
  for (const one of [service, replica]) {
    assert.equal((await me(one, ada.apiKey)).status, 200)
    assert.equal((await me(one, bob.apiKey)).status, 200)
  }
  await service.asAdmin('PATCH', path, { status: 'suspended' })
  const deadline = Date.now() + 1_000
  for (const one of [service, replica]) {
    while ((await me(one, ada.apiKey)).status === 200) assert.ok(Date.now() < deadline)
    assertRefused(await me(one, ada.apiKey), 'UNAUTHORIZED')
    assert.equal((await me(one, bob.apiKey)).status, 200)
  }
  // It remains an operator's to read and to change.
  assert.equal((await service.asAdmin('GET', path)).body.status, 'suspended')
  await replica.asAdmin('PATCH', path, { status: 'active' })
  for (const one of [service, replica]) assert.equal((await me(one, ada.apiKey)).status, 200)
})

test('every change leaves its record, without personal data and without the key', async (t) => {
  const service = await startService(t)
  await putPlan(service, 'pro')
  const draft = { email: 'canary@example.com', company_name: 'Canary', metadata: { c: 'canary' } }
  const { customerId, apiKey, keyId } = await createCustomer(service, draft)
  const path = `/api/customers/${customerId}`
  await service.asAdmin('PATCH', path, { email: 'canary2@example.com', plan: 'pro' })
  await service.asAdmin('GET', path)

  const records = await auditOf(service, customerId)
  assert.deepEqual(
    records.map(({ event, metadata }) => [event, metadata]),
    [
      ['customer.created', { plan: null }],
      ['api_key.created', { key_id: keyId }],
      ['customer.updated', { changed: ['email', 'plan'], plan: 'pro' }],
    ],
  )
  for (const record of records) assert.match(record.actor, /^admin:[0-9a-f]{8}$/)
  const all = JSON.stringify(
    await query(service.database, 'select * from audit_records', []),
    bigint,
  )
  assert.ok(!all.includes('canary') && !all.includes(apiKey) && !all.includes(apiKey.slice(-38)))
})

function bigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

test('without its audit record nothing happens, and the caller is told to try again', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const path = `/api/customers/${customerId}`
  const { body: before } = await service.asAdmin('GET', path)
  await closeAuditLog(service.database)
  await assertNothingWritten(service.database, async () => {
    const created = await service.asAdmin('POST', '/api/customers', { email: 'eve@example.com' })
    assertRefused(created, 'DATABASE_UNAVAILABLE')
    const changed = await service.asAdmin('PATCH', path, { status: 'suspended' })
    assertRefused(changed, 'DATABASE_UNAVAILABLE')
    assert.ok(changed.headers.has('retry-after'))
  })
  assert.deepEqual((await service.asAdmin('GET', path)).body, before)
})

test('addresses may be internationalised, and are the same however they are written', async (t) => {
  const service = await startService(t)
  const create = (email: string) => service.asAdmin('POST', '/api/customers', { email })
  for (const [given, kept] of [
    ['用户@例子.广告', '用户@例子.广告'],
    ['e\u0301ve@BU\u0308CHER.example', '\u00e9ve@b\u00fccher.example'],
    ['Pelé@Example.com', 'Pelé@Example.com'],
  ] as const) {
    const { status, body } = await create(given)
    assert.deepEqual([status, body.customer?.email], [201, kept])
  }
  const sought = encodeURIComponent('e\u0301ve@B\u00fccher.example')
  const found = await service.asAdmin('GET', `/api/customers?email=${sought}`)
  assert.equal(found.body.data.length, 1)
  const { customer_id: id } = found.body.data[0]
  const path = `/api/customers/${id}`
  const changed = await service.asAdmin('PATCH', path, { email: 'δοκιμή@ΠΑΡΆΔΕΙΓΜΑ.δοκιμή' })
  assert.equal(changed.body.email, 'δοκιμή@παράδειγμα.δοκιμή')
  const exported = await service.asAdmin('GET', `${path}/export`)
  assert.equal(exported.body.customer.email, changed.body.email)

  for (const email of [
    'ü',
    'ü@',
    '@bücher.example',
    'a@bücher',
    'a@bücher..example',
    'a b@bücher.example',
    'a\u00a0b@bücher.example',
    'a\u200bb@bücher.example',
    'a@bü cher.example',
    'a@bü%41.example',
    'a@bü:80.example',
    'a@bü/x.example',
    'a@-ü.example',
    '.ü@bücher.example',
    `${'ü'.repeat(33)}@bücher.example`,
    `a@${'ü'.repeat(63)}.example`,
    `a@${'bücher.'.repeat(35)}example`,
  ]) {
    assertRefused(await create(email), 'VALIDATION_FAILED')
    assertRefused(await service.asAdmin('PATCH', path, { email }), 'VALIDATION_FAILED')
  }
})

test('an id of the owner’s finds one customer', async (t) => {
  const service = await startService(t)
  const create = (email: string, external_id: string) =>
    service.asAdmin('POST', '/api/customers', { email, external_id })
  const made = await create('ada@example.com', 'company-17')
  assert.equal(made.body.customer.external_id, 'company-17')
  assertRefused(await create('eve@example.com', 'company-17'), 'EXTERNAL_ID_TAKEN')
  const found = await service.asAdmin('GET', '/api/customers?external_id=company-17')
  assert.equal(found.body.data.length, 1)
})
