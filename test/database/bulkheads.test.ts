import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../../src/database/connect.ts'
import { CONNECTIONS_MAX, KINDS, type KindName, settingsOf } from '../../src/database/kinds.ts'
import { createCustomer, me } from '../support/customers.ts'
import { createDatabase } from '../support/database.ts'
import { lock, waitForLocks } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Answer, startService } from '../support/service.ts'

test('calls of operators that wait for a locked customer hold up no other scope, and end by themselves', async (t) => {
  const service = await startService(t)
  const stuck = await createCustomer(service, { email: 'stuck@example.com' })
  const other = await createCustomer(service)
  assert.equal((await me(service, other.apiKey)).status, 200)
  const held = await lock(
    t,
    service,
    `select from customers where id = '${stuck.customerId}' for update`,
  )
  const path = `/api/customers/${stuck.customerId}`
  let ended = 0
  const waiting = Array.from({ length: 12 }, (_, n) =>
    service.asAdmin('PATCH', path, { company_name: `Company ${n}` }).finally(() => ended++),
  )
  assert.ok(await waitForLocks(service.database))

  const others: [string, () => Promise<Answer>, number][] = [
    ['readiness', () => service.call('GET', '/health/ready'), 200],
    ['a key check', () => me(service, other.apiKey), 200],
    [
      'a read of a customer',
      () =>
        service.call('GET', `/api/licenses/${other.customerId}`, {
          headers: { 'x-api-key': other.apiKey },
        }),
      200,
    ],
    [
      'a new account',
      () => service.asInternal('POST', '/account', { user_id: 'u', tier: 'x' }),
      201,
    ],
    ['money', () => service.asInternal('POST', '/top_up', { user_id: 'u', amount: 5 }), 200],
    ['the revocation list', () => service.call('GET', '/api/licenses/revocations'), 200],
    ['a read of an operator', () => service.asAdmin('GET', '/api/customers'), 200],
  ]
  for (const [what, call, status] of others) assert.equal((await call()).status, status, what)
  assert.ok(ended < waiting.length, 'the calls before them had ended')

  // Refused, each of them, with nothing stored; also once the lock is gone.
  for (const answer of await Promise.all(waiting)) {
    assert.ok(['TIMEOUT', 'DATABASE_UNAVAILABLE'].includes(answer.body.code), answer.body.code)
  }
  await held.release()
  const after = await service.asAdmin('GET', path)
  assert.equal(after.body.company_name, null)
  assert.equal((await service.asAdmin('PATCH', path, { company_name: 'Now' })).status, 200)
})

test('a session of each kind has the bounds of the table, whatever the URL asks for', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const url = `${database.url}?statement_timeout=0&lock_timeout=0`
  for (const name of Object.keys(KINDS) as KindName[]) {
    const sql = connect({ url, ssl: 'disable', ca: undefined }, name)
    try {
      for (const [setting, value] of Object.entries(settingsOf(KINDS[name]))) {
        const [row] = await sql<{ same: boolean }[]>`
          with asked as (select set_config('strongroom.asked', ${value}, true))
          select case when unit = 'ms' then setting || 'ms' else setting end = ${value} as same
          from pg_settings, asked where name = ${setting}`
        assert.equal(row?.same, true, `${name}: ${setting} is not ${value}`)
      }
    } finally {
      await sql.end()
    }
  }
})

test('no kind is without bounds, and each pool of transactions leaves room for a read', () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const bound of ['lockTimeoutMs', 'statementTimeoutMs', 'idleInTransactionMs'] as const) {
      assert.ok(kind[bound] > 0, `${name} has no ${bound}`)
    }
    if ('turns' in kind) assert.ok(kind.turns.max < kind.connectionsMax, name)
  }
})

test('the documents say how many connections a process has at most', () => {
  for (const file of ['src/database/GROWTH.md', 'deploy/RUNBOOK.md']) {
    assert.match(readFileSync(file, 'utf8'), new RegExp(`up to ${CONNECTIONS_MAX}\\b`), file)
  }
})

test('the database of the compose file has room for every process in it, and for commands', () => {
  const compose = readFileSync('deploy/compose.yaml', 'utf8')
  const processes = [...compose.matchAll(/^ {4}<<: \*strongroom$/gm)].length
  const max = Number(/-cmax_connections=(\d+)/.exec(compose)?.[1])
  const superusers = 3
  const commands = 10
  assert.ok(processes > 1)
  assert.ok(max - superusers - commands >= processes * CONNECTIONS_MAX, `${max} are too few`)
})

test('all that the service connects with is of a kind in the table', () => {
  const beside = /^src\/(cli|doctor|plugins\/database)\//
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => join('src', file))
    .filter((file) => file.endsWith('.ts') && !beside.test(file))
  const calls = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const found = [
      ...text.matchAll(
        /\b(?:connect|pgPool|open|lanes)\((?:config|options\.config)?,?\s*([^)]*)\)/g,
      ),
      // A parameter of a function in the same file, whose calls are found as well.
    ].filter(([, kind]) => kind !== 'kind, 1')
    const opens = /database\/(connect|pg-pool)\.ts'|app\.connections/.test(text)
    return opens ? found.map(([, kind = '']) => ({ file, kind: kind.trim() })) : []
  })
  assert.ok(calls.length >= 10, 'no calls are found any more')
  const names = Object.keys(KINDS)
  for (const { file, kind } of calls) {
    const [, name = kind] = /^(?:KINDS\.)?'?([^',]*)/.exec(kind) ?? []
    assert.ok(names.includes(name), `${file}: ${kind}`)
  }
})

test('a transaction that has waited too long for its turn is refused and never begins', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  const held = await lock(t, service, `select from customers where id = '${customerId}' for update`)
  const { max } = KINDS.admin.turns
  const path = `/api/customers/${customerId}`
  const answers = Array.from({ length: max + 3 }, (_, n) =>
    service.asAdmin('PATCH', path, { company_name: `Company ${n}` }),
  )
  const first = await Promise.race(answers)
  assertRefused(first, 'TIMEOUT')
  await held.release()
  const outcomes = await Promise.all(answers)
  // Whoever was told 200 has changed it, and whoever was not has not.
  const stored = (await service.asAdmin('GET', path)).body.company_name
  const told = outcomes.filter(({ status }) => status === 200).map(({ body }) => body.company_name)
  assert.ok(stored === null ? told.length === 0 : told.includes(stored), JSON.stringify(told))
})
