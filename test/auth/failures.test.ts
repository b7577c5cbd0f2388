import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { forgetStrangers } from '../../src/auth/strangers.ts'
import { failureTally } from '../../src/auth/failure-tally.ts'
import { failingAddresses } from '../../src/http/rate-limits/failing-addresses.ts'
import { createCustomer, me } from '../support/customers.ts'
import { asAdmin, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'
import { closeAuditLog, query } from '../support/tables.ts'

interface FailureRecord {
  actor: string
  subject: string
  ip: string | null
  metadata: { count: number; alert: boolean }
}

function recorded(service: Service): Promise<FailureRecord[]> {
  return query<FailureRecord[]>(
    service.database,
    `select actor, r.subject, value as ip, metadata
     from audit_records r left join audit_personal p on p.commitment = r.ip
     where event = 'auth.failed' order by id`,
  )
}

/** A minute passes for the timers made from here on. */
function minutes(t: TestContext): () => void {
  t.mock.timers.enable({ apis: ['setInterval'] })
  return () => t.mock.timers.tick(60_000)
}

test('failed authentication is recorded once a minute, by scope and address, with its count', async (t) => {
  const passMinute = minutes(t)
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1' })
  const { apiKey } = await createCustomer(service)
  const from = (address: string, path: string, headers: Record<string, string> = {}) =>
    service.call('GET', path, { headers: { 'x-forwarded-for': address, ...headers } })

  for (let times = 0; times < 3; times++) await from('203.0.113.1', '/api/customers')
  for (let times = 0; times < 11; times++) await from('203.0.113.2', '/account/ada')
  await from('203.0.113.2', '/api/me', { 'x-api-key': 'rubbish' })
  await service.call('POST', '/api/webhooks/stripe', {
    headers: { 'stripe-signature': 't=1,v1=' },
    body: {},
  })
  assert.equal((await me(service, apiKey)).status, 200)
  assert.deepEqual(await recorded(service), [])

  const metrics = await service.asAdmin('GET', '/metrics')
  const counted = [...metrics.body.matchAll(/^strongroom_auth_failures_total\{.*$/gm)].map(String)
  assert.deepEqual(counted, [
    'strongroom_auth_failures_total{scope="customer"} 1',
    'strongroom_auth_failures_total{scope="admin"} 3',
    'strongroom_auth_failures_total{scope="internal"} 11',
    'strongroom_auth_failures_total{scope="stripe"} 1',
  ])
  assert.match(metrics.body, /strongroom_auth_alarming_addresses 1\n/)

  passMinute()
  assert.ok(await eventually(async () => (await recorded(service)).length === 4, 10_000))
  const record = (subject: string, ip: string, count: number, alert: boolean) => {
    return { actor: 'system', subject, ip, metadata: { count, alert } }
  }
  assert.deepEqual(await recorded(service), [
    record('admin', '203.0.113.1', 3, false),
    record('internal', '203.0.113.2', 11, true),
    record('customer', '203.0.113.2', 1, true),
    record('stripe', '127.0.0.1', 1, false),
  ])

  // Nothing new, nothing written; and the count begins anew.
  passMinute()
  await from('203.0.113.1', '/api/customers')
  passMinute()
  assert.ok(await eventually(async () => (await recorded(service)).length === 5, 10_000))
  assert.deepEqual((await recorded(service))[4], record('admin', '203.0.113.1', 1, false))
})

test('a flood that goes on while failures are recorded leaves no more records', async (t) => {
  const passMinute = minutes(t)
  const service = await startService(t)
  const flood = { isOver: false, refused: 0 }
  const refuse = async () => {
    assert.equal((await service.call('GET', '/balance/ada')).status, 403)
    flood.refused += 1
  }
  await refuse()
  const loops = Array.from({ length: 8 }, async () => {
    while (!flood.isOver) await refuse()
  })
  passMinute()
  assert.ok(await eventually(async () => (await recorded(service)).length > 0, 10_000))
  const before = flood.refused
  assert.ok(await eventually(async () => flood.refused > before + 200, 60_000))
  const records = await recorded(service)
  flood.isOver = true
  await Promise.all(loops)
  assert.equal(records.length, 1)

  passMinute()
  assert.ok(await eventually(async () => (await recorded(service)).length === 2, 10_000))
  const counted = (await recorded(service)).reduce((sum, { metadata }) => sum + metadata.count, 0)
  assert.equal(counted, flood.refused)
})

test('addresses of failed authentication are erased after 90 days, and nothing else is', async (t) => {
  const passMinute = minutes(t)
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1', RUN_JOBS: 'true' })
  await createCustomer(service)
  const from = (address: string) =>
    service.call('GET', '/api/customers', { headers: { 'x-forwarded-for': address } })
  for (const address of ['203.0.113.1', '203.0.113.2']) await from(address)
  passMinute()
  assert.ok(await eventually(async () => (await recorded(service)).length === 2, 10_000))
  const others = () =>
    query(service.database, `select * from audit_personal where subject like 'cust_%' order by 1`)
  const before = await others()
  assert.ok(before.length > 0)

  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    await sql`
      update audit_records r set timestamp = now() - interval '91 days' from audit_personal p
      where p.commitment = r.ip and p.value = '203.0.113.1'`
    await sql`
      update audit_records set timestamp = now() - interval '91 days' where event <> 'auth.failed'`
    await sql`select graphile_worker.add_job('forget_strangers')`
  })
  const addresses = async () => (await recorded(service)).map(({ ip }) => ip)
  assert.ok(await eventually(async () => (await addresses())[0] === null, 20_000))
  assert.deepEqual(await addresses(), [null, '203.0.113.2'])
  assert.deepEqual(await others(), before)
})

test('what is not recorded yet is recorded when the service stops', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  await t.test('a service that stops', async (inner) => {
    const service = await startService(inner, {}, database)
    await service.call('GET', '/balance/ada')
    await service.call('GET', '/balance/ada')
  })
  const records = await query<{ metadata: object }[]>(
    database,
    "select metadata from audit_records where event = 'auth.failed'",
  )
  assert.deepEqual(records, [{ metadata: { count: 2, alert: false } }])
})

test('while nothing can be recorded the counts go on, and the caller notices nothing', async (t) => {
  const passMinute = minutes(t)
  const service = await startService(t)
  await closeAuditLog(service.database)
  assert.equal((await service.call('GET', '/balance/ada')).status, 403)
  passMinute()
  assert.equal((await service.call('GET', '/balance/ada')).status, 403)
  await query(service.database, 'grant insert on audit_records to strongroom_test')
  const counts = async () => (await recorded(service)).map(({ metadata }) => metadata.count)
  const written = await eventually(async () => {
    passMinute()
    return (await counts()).length > 0
  }, 10_000)
  assert.ok(written)
  const total = async () => (await counts()).reduce((sum, count) => sum + count, 0)
  assert.ok(await eventually(async () => (passMinute(), (await total()) === 2), 10_000))
})

test('the tally is bounded, however many addresses failures come from', () => {
  const tally = failureTally()
  const addresses = 20_000
  const fail = (address: string) =>
    tally.add({ scope: 'customer', address, count: 1, alert: false })
  for (let n = 0; n < addresses; n++) fail(`address ${n}`)
  const taken = tally.take()
  assert.equal(taken.length, 257)
  assert.equal(
    taken.reduce((sum, { count }) => sum + count, 0),
    addresses,
  )
  assert.deepEqual(taken.at(-1), {
    scope: 'customer',
    address: null,
    count: addresses - 256,
    alert: false,
  })
  assert.deepEqual(tally.take(), [])

  // Others fail before the counts that could not be recorded come back.
  for (let n = 0; n < addresses; n++) fail(`other ${n}`)
  tally.putBack(taken)
  const waiting = tally.take()
  assert.equal(waiting.length, 257)
  assert.equal(
    waiting.reduce((sum, { count }) => sum + count, 0),
    2 * addresses,
  )
})

test('an address is alarming from its eleventh failure within an hour', () => {
  const addresses = failingAddresses()
  const MINUTE_MS = 60_000
  for (let n = 0; n < 10; n++) assert.equal(addresses.note('a', n * MINUTE_MS), false)
  assert.equal(addresses.alarming(10 * MINUTE_MS), 0)
  assert.equal(addresses.note('a', 59 * MINUTE_MS), true)
  assert.equal(addresses.alarming(59 * MINUTE_MS), 1)
  // The first of the eleven is an hour old.
  assert.equal(addresses.alarming(60 * MINUTE_MS), 0)
  assert.equal(addresses.note('a', 60 * MINUTE_MS), true)
  assert.equal(addresses.alarming(60 * MINUTE_MS), 1)
})

test('any number of old addresses is erased, a page at a time', async (t) => {
  const service = await startService(t)
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    await sql`
      with made as (
        insert into audit_records (event, actor, subject, ip, metadata, timestamp)
        select 'auth.failed', 'system', (array['admin', 'customer'])[1 + n % 2], 'sha256:' || n, '{}',
          now() - interval '1 day' * (case when n <= 12000 then 95 else 5 end)
        from generate_series(1, 18000) n
        returning ip, subject
      )
      insert into audit_personal (commitment, subject, salt, value)
      select ip, subject, '', '203.0.113.1' from made`
  })
  let statements = 0
  const { db } = service.app
  const erased = await forgetStrangers({
    execute: ((statement: Parameters<typeof db.execute>[0]) => {
      statements += 1
      return db.execute(statement)
    }) as typeof db.execute,
  })
  assert.equal(erased, 12_000)
  assert.ok(statements > 5, `${statements} statements`)
  const left = await query(service.database, 'select count(*)::int as count from audit_personal')
  assert.equal(left[0]?.['count'], 6_000)
})
