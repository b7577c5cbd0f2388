import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import postgres from 'postgres'
import { createCustomer, me } from '../../support/customers.ts'
import { socketHost } from '../../../src/database/hosts.ts'
import { eventually } from '../../support/processes.ts'
import { assertRefused } from '../../support/refusals.ts'
import { type Answer, type Service, startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

/** Locks that are held in a session of its own until they are let go. */
async function hold(t: TestContext, service: Service, ...statements: string[]) {
  const url = service.database.adminUrl
  const sql = postgres(url, { ...socketHost(url), max: 1, onnotice: () => undefined })
  t.after(() => sql.end({ timeout: 1 }))
  await sql.unsafe('begin')
  for (const statement of statements) await sql.unsafe(statement)
  return { release: () => sql.unsafe('commit') }
}

async function waiters(service: Service): Promise<number> {
  const rows = await query(
    service.database,
    `select pid from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'
       and application_name like 'strongroom%'`,
  )
  return rows.length
}

const areWaiting = (service: Service, count: number) =>
  eventually(async () => (await waiters(service)) >= count, 10_000)

test('locked rows of keys delay no call', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const bob = await createCustomer(service, { email: 'bob@example.com' })
  const path = `/api/customers/${customerId}/api-keys`
  const keys: string[] = []
  for (let n = 0; n < 12; n++) keys.push((await service.asAdmin('POST', path)).body.api_key)
  const lock = await hold(
    t,
    service,
    `select from api_keys where customer_id = '${customerId}' for update`,
  )
  const answers = await Promise.all(keys.map((apiKey) => me(service, apiKey)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal((await me(service, bob.apiKey)).status, 200)
  assert.equal((await service.asAdmin('GET', '/api/customers')).status, 200)
  // Bob's use is noted, though those before it can not be.
  const notedOf = (id: string) =>
    query(
      service.database,
      'select id from api_keys where customer_id = $1 and last_used_at is not null',
      [id],
    )
  assert.ok(await eventually(async () => (await notedOf(bob.customerId)).length === 1, 10_000))
  assert.equal(await waiters(service), 0)
  assert.equal((await notedOf(customerId)).length, 0)
  await lock.release()
  const areNoted = async () => (await notedOf(customerId)).length === keys.length
  assert.ok(await eventually(areNoted, 10_000), 'they are noted when they can be')
})

test('a key that can not be read is a 503, while that lasts', async (t) => {
  const service = await startService(t)
  const { apiKey } = await createCustomer(service)
  const lock = await hold(t, service, 'lock table api_keys in access exclusive mode')
  assertRefused(await me(service, apiKey), 'TIMEOUT')
  await lock.release()
  const isGood = async () => (await me(service, apiKey)).status === 200
  assert.ok(await eventually(isGood, 10_000))
})

const ACTS: Record<string, (service: Service, path: string) => Promise<Answer | null>> = {
  revoke: (service, path) => service.asAdmin('DELETE', path),
  rotate: (service, path) => service.asAdmin('POST', `${path}/rotate`),
  issue: (service, path) => service.asAdmin('POST', path.replace(/\/\w+$/, '')),
  // Where the erasure comes before its end, it breaks off.
  export: (service, path) =>
    service.asAdmin('GET', path.replace(/\/api-keys.*/, '/export')).catch(() => null),
}

for (const [name, act] of Object.entries(ACTS)) {
  test(`${name} and erase: whichever is first, both end, and no address is left`, async (t) => {
    const service = await startService(t)
    for (const isErasureFirst of [false, true]) {
      const { customerId, keyId } = await createCustomer(service)
      const path = `/api/customers/${customerId}/api-keys/${keyId}`
      // The first one stops in the middle: an act where it is recorded, an erasure where it forgets.
      const table = isErasureFirst ? 'audit_personal' : 'audit_records'
      const lock = await hold(t, service, `lock table ${table} in share mode`)
      const both = [
        () => act(service, path),
        () => service.asAdmin('DELETE', `/api/customers/${customerId}`),
      ]
      const underWay: Promise<Answer | null>[] = []
      for (const one of isErasureFirst ? both.toReversed() : both) {
        underWay.push(one())
        assert.ok(await areWaiting(service, underWay.length))
      }
      await lock.release()
      const answers = await Promise.all(underWay)
      const [acted, erased] = isErasureFirst ? answers.toReversed() : answers
      assert.equal(erased?.status, 200, JSON.stringify(erased?.body))
      const status = acted?.status ?? 200
      // What comes after the erasure finds no key that could be replaced.
      assert.ok(isErasureFirst ? status < 500 : status < 300, `${name}: ${status}`)
      await assertForgotten(service, customerId)
    }
  })
}

/** Of what the log has on the customer, only what the erasure itself has written can be opened. */
async function assertForgotten(service: Service, customerId: string): Promise<void> {
  const left = await query(
    service.database,
    `select r.event from audit_personal p join audit_records r on r.ip = p.commitment
     where p.subject = $1 and r.xmin <> (
       select xmin from audit_records where subject = $1 and event = 'customer.erased')`,
    [customerId],
  )
  assert.deepEqual(left, [])
}
