import assert from 'node:assert/strict'
import { test } from 'node:test'
import { me, putPlan } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { findTexts } from '../support/search.ts'
import { ADMIN_TOKEN, type Service, startService } from '../support/service.ts'
import { assertNothingWritten, query } from '../support/tables.ts'

const KEY = 'canary-order:1001~'
const BODY = { email: 'ada@example.com', company_name: 'Ada Ltd', metadata: { crm: 'A', n: 1 } }

function create(service: Service, key: string, body: unknown = BODY) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'idempotency-key': key }
  return service.call('POST', '/api/customers', { headers, body })
}

test('a repetition gets the first answer without the key, and makes nothing', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const first = await create(service, KEY)
  assert.equal(first.status, 201)
  assert.equal(first.headers.get('idempotent-replayed'), null)
  assert.equal((await me(service, first.body.api_key)).status, 200)
  const id: string = first.body.customer.customer_id
  const changed = await service.asAdmin('PATCH', `/api/customers/${id}`, { company_name: null })
  assert.equal(changed.body.company_name, null)

  await assertNothingWritten(service.database, async () => {
    const inAnotherOrder = {
      metadata: { n: 1, crm: 'A' },
      company_name: 'Ada Ltd',
      email: BODY.email,
    }
    for (const [one, body] of [
      [service, BODY],
      [replica, inAnotherOrder],
    ] as const) {
      const again = await create(one, KEY, body)
      assert.equal(again.status, 201)
      assert.equal(again.headers.get('idempotent-replayed'), 'true')
      assert.deepEqual(again.body, { customer: first.body.customer, api_key: null })
    }
  })
  assert.deepEqual((await service.asAdmin('GET', `/api/customers/${id}`)).body, changed.body)
})

test('the same key for another customer is refused, and another key is another customer', async (t) => {
  const service = await startService(t)
  const first = await create(service, KEY)
  await assertNothingWritten(service.database, async () => {
    for (const other of [
      { ...BODY, email: 'bob@example.com' },
      { email: BODY.email },
      { ...BODY, metadata: { crm: 'A', n: 2 } },
    ]) {
      assertRefused(await create(service, KEY, other), 'IDEMPOTENCY_KEY_REUSED')
    }
    for (const key of ['', ' ', 'two words', 'é', 'x'.repeat(256)]) {
      assertRefused(await create(service, key), 'VALIDATION_FAILED', key)
    }
  })
  const other = await create(service, 'x'.repeat(255))
  assert.equal(other.status, 201)
  assert.notEqual(other.body.customer.customer_id, first.body.customer.customer_id)
  // Without a key each call makes one.
  const bare = [
    await service.asAdmin('POST', '/api/customers', BODY),
    await service.asAdmin('POST', '/api/customers', BODY),
  ]
  assert.equal(new Set(bare.map(({ body }) => body.customer.customer_id)).size, 2)
})

test('many with an external id at once make one, in whatever order the indexes were made', async (t) => {
  const service = await startService(t)
  const definition = async (name: string) => {
    const [row] = await query<{ sql: string }[]>(
      service.database,
      `select pg_get_indexdef('${name}'::regclass) as sql`,
    )
    return row?.sql ?? assert.fail(name)
  }
  // An insertion asks the indexes in the order in which they were made. A restored dump has them in the
  // order of their names, or in any order with `pg_restore --jobs`.
  for (const name of ['customers_external_id', 'customers_idempotency_key']) {
    const made = await definition(name)
    await query(service.database, `drop index ${name}`)
    await query(service.database, made)
    const key = `${KEY}-${name}`
    const one = { ...BODY, external_id: `crm-${name}` }
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(service, key, one)))
    assert.deepEqual(
      answers.map(({ status, body: { code } }) => code ?? status),
      Array(8).fill(201),
    )
    assert.equal(new Set(answers.map((each) => each.body.customer.customer_id)).size, 1)
    assert.equal(answers.filter((each) => each.body.api_key !== null).length, 1)
    // Another key, or none, is another customer, and may not have the same id.
    assertRefused(await create(service, `${key}-other`, one), 'EXTERNAL_ID_TAKEN')
    assertRefused(await service.asAdmin('POST', '/api/customers', one), 'EXTERNAL_ID_TAKEN')
  }
})

test('many at once make one, and all but one learn no key', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => create(n % 2 === 0 ? service : replica, KEY)),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body.customer))).size, 1)
  const keys = answers.map(({ body }) => body.api_key).filter((key) => key !== null)
  assert.equal(keys.length, 1)
  assert.equal((await me(service, keys[0])).status, 200)
  const [row] = await query<{ customers: number; keys: number; records: number }[]>(
    service.database,
    `select (select count(*)::int from customers) as customers,
       (select count(*)::int from api_keys) as keys,
       (select count(*)::int from audit_records where event in ('customer.created', 'api_key.created')) as records`,
  )
  assert.deepEqual({ ...row }, { customers: 1, keys: 1, records: 2 })
})

test('a refused call is not remembered', async (t) => {
  const service = await startService(t)
  assertRefused(await create(service, KEY, { ...BODY, plan: 'none' }), 'VALIDATION_FAILED')
  await putPlan(service, 'none')
  assert.equal((await create(service, KEY, { ...BODY, plan: 'none' })).status, 201)
})

test('what is kept for repetitions is exported, and erased with the customer', async (t) => {
  const service = await startService(t)
  const body = { ...BODY, email: 'canary.person@example.com' }
  const { body: made } = await create(service, KEY, body)
  const path = `/api/customers/${made.customer.customer_id}`
  await service.asAdmin('PATCH', path, { email: 'other@example.com' })
  const exported = await service.asAdmin('GET', `${path}/export`)
  assert.deepEqual(exported.body.creation, { idempotency_key: KEY, answer: made.customer })
  const { body: bare } = await service.asAdmin('POST', '/api/customers', BODY)
  const other = await service.asAdmin('GET', `/api/customers/${bare.customer.customer_id}/export`)
  assert.equal(other.body.creation, null)

  assert.equal((await service.asAdmin('DELETE', path)).status, 200)
  assert.deepEqual(await findTexts(service.database, ['canary', 'other@example.com']), [])
  const again = await create(service, KEY, body)
  assert.equal(again.status, 201)
  assert.notEqual(again.body.customer.customer_id, made.customer.customer_id)
  assert.ok(again.body.api_key)
})
