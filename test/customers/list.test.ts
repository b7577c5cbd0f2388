import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

/** Customers by SQL, because each of the API's costs the hash of a key. */
async function insertCustomers(service: Service, from: number, to: number): Promise<void> {
  await query(
    service.database,
    `insert into customers (id, email, status, metadata)
     select 'cust_' || lpad(n::text, 16, '0'), 'user' || n % 3 || '@Example.com',
       case when n % 2 = 0 then 'active' else 'suspended' end, '{}'
     from generate_series(${from}, ${to}) n order by n`,
  )
}

function numberOf(customer: { customer_id: string }): number {
  return Number(customer.customer_id.slice('cust_'.length))
}

/** All pages, with what `between` does after each. */
async function pages(
  service: Service,
  path: string,
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<number[][]> {
  const result: number[][] = []
  for (let cursor = ''; ;) {
    const { status, body } = await service.asAdmin('GET', `${path}${cursor}`)
    assert.equal(status, 200)
    result.push(body.data.map(numberOf))
    if (body.next_cursor === null) return result
    assert.ok(result.length < 100)
    cursor = `&cursor=${body.next_cursor}`
    await between(result.length)
  }
}

function down(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, i) => from - i * step)
}

test('customers are listed newest first, in pages that neither repeat nor skip', async (t) => {
  const service = await startService(t)
  assert.deepEqual((await service.asAdmin('GET', '/api/customers')).body, {
    data: [],
    next_cursor: null,
  })
  await insertCustomers(service, 1, 60)

  assert.deepEqual(await pages(service, '/api/customers?limit=25'), [
    down(60, 36),
    down(35, 11),
    down(10, 1),
  ])
  assert.deepEqual(await pages(service, '/api/customers?limit=30'), [down(60, 31), down(30, 1)])
  assert.deepEqual(await pages(service, '/api/customers?'), [down(60, 11), down(10, 1)])
  assert.deepEqual(await pages(service, '/api/customers?limit=200'), [down(60, 1)])
  assert.equal((await pages(service, '/api/customers?limit=1')).length, 60)

  await t.test('also while rows are added and changed', async () => {
    const seen = await pages(service, '/api/customers?limit=25', async (page) => {
      await insertCustomers(service, 60 + page * 10 - 9, 60 + page * 10)
      await query(
        service.database,
        "update customers set company_name = 'Pro' where status = 'active'",
      )
    })
    assert.deepEqual(seen, [down(60, 36), down(35, 11), down(10, 1)])
    assert.equal((await pages(service, '/api/customers?limit=200')).flat().length, 80)
  })
})

test('a list is filtered by email in any case and by status, also together', async (t) => {
  const service = await startService(t)
  await insertCustomers(service, 1, 24)
  const lists: [filter: string, expected: number[]][] = [
    ['email=user0@example.com', down(24, 3, 3)],
    ['email=USER0%40EXAMPLE.COM', down(24, 3, 3)],
    ['email=user0', []],
    ['email=%25', []],
    ['status=active', down(24, 2, 2)],
    ['status=suspended', down(23, 1, 2)],
    ['status=active&email=user0@example.com', down(24, 6, 6)],
  ]
  for (const [filter, expected] of lists) {
    const found = await pages(service, `/api/customers?limit=3&${filter}`)
    assert.deepEqual(found.flat(), expected, filter)
  }
})

test('a cursor is worth nothing when edited, in another list or with other filters', async (t) => {
  const service = await startService(t)
  await insertCustomers(service, 1, 5)
  const { customerId } = await createCustomer(service)
  const { body } = await service.asAdmin('GET', '/api/customers?limit=2&status=active')
  const cursor: string = body.next_cursor
  assert.ok(cursor)
  const good = await service.asAdmin(
    'GET',
    `/api/customers?limit=50&status=active&cursor=${cursor}`,
  )
  assert.equal(good.status, 200)

  const bytes = Buffer.from(cursor, 'base64url')
  const edits = [...bytes.keys()].map((index) => {
    const edited = Buffer.from(bytes)
    edited[index] = (edited[index] ?? 0) ^ 1
    return edited.toString('base64url')
  })
  const queries = [
    ...[
      ...edits,
      `${cursor}A`,
      `${cursor}=`,
      ` ${cursor}`,
      cursor.slice(0, -1),
      cursor.toLowerCase(),
    ].map((edited) => `/api/customers?status=active&cursor=${encodeURIComponent(edited)}`),
    `/api/customers?cursor=${cursor}`,
    `/api/customers?status=suspended&cursor=${cursor}`,
    `/api/customers?status=active&email=a@example.com&cursor=${cursor}`,
    `/api/customers/${customerId}/api-keys?cursor=${cursor}`,
  ]
  for (const path of queries)
    assertRefused(await service.asAdmin('GET', path), 'INVALID_CURSOR', path)
})
