import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { SERVICE_ROLE, type TestDatabase } from '../support/database.ts'
import { assertRefused } from '../support/refusals.ts'
import { collectCalls, collectRoutes } from '../support/routes.ts'
import { scaled } from '../support/scale.ts'
import { assertNothingWritten, query, stateOf } from '../support/tables.ts'
import { startStage } from './acts.ts'

/** Calls that are no act by themselves, although they are no GET. */
const NO_ACTS = new Map([
  ['POST /check', 'reads'],
  ['POST /portal/session', 'makes a link; the session that it opens is on record'],
  [
    'POST /top_up/checkout',
    'opens a page at Stripe; what is paid there is on record when it comes',
  ],
  ['POST /api/webhook-endpoints/:endpoint_id/test', 'sends a message that says nothing'],
  ['POST /api/webhooks/stripe', 'keeps what Stripe says; what a job makes of it is on record'],
])

/** Reading everything about a person is an act too. */
const READING_ACTS = ['GET /account/:user_id/export', 'GET /api/customers/:customer_id/export']

const EVERY = scaled(1, 7)

/** A limit may count what was tried: a batch of reports counts first. */
const COUNTED = 'public.usage_allowances'

const routes = collectRoutes()
const calls = collectCalls()

test('promise 14: with any audit table closed, no act happens and the caller is told so', async (t) => {
  const tried = counts(t, {
    promise: '14',
    what: 'Acts of every route while a table of the log can’t be written',
    trials: 0,
  })
  const { service, acts } = await startStage(t)
  const { database } = service
  const tables = await query<{ name: string }[]>(
    database,
    `select table_name as name from information_schema.tables where table_name like 'audit\\_%'`,
  )
  assert.ok(tables.length >= 7)
  tried.faults = tables.length
  const before = await state(database)
  calls.length = 0
  await assertNothingWritten(database, async () => {
    for (const [place, { name }] of tables.entries()) {
      await query(database, `revoke insert on ${name} from ${SERVICE_ROLE}`)
      for (const [index, act] of acts.entries()) {
        // A trigger on the records looks at the other tables, so `npm test` tries some acts with each.
        if (name !== 'audit_records' && (index + place) % EVERY !== 0) continue
        tried.trials++
        const answer = await act()
        assertRefused(answer, 'DATABASE_UNAVAILABLE', `${name}: ${calls.at(-1)?.route}`)
      }
      await query(database, `grant insert on ${name} to ${SERVICE_ROLE}`)
    }
  })
  const refused = new Set(calls.map(({ route }) => route))
  assert.deepEqual(await state(database), before)

  await t.test('every route that changes something has an act', () => {
    const changing = routes()
      .filter(({ method }) => /POST|PUT|PATCH|DELETE/.test(method))
      .map(({ method, url }) => `${method} ${url}`)
    assert.ok(changing.length > 45)
    const wanted = [...changing, ...READING_ACTS].filter((route) => !NO_ACTS.has(route))
    assert.deepEqual([...refused].toSorted(), [...new Set(wanted)].toSorted())
    for (const route of NO_ACTS.keys()) assert.ok(changing.includes(route), route)
  })

  await t.test('with the log open each happens, and is on record', async () => {
    const recorded = async () => {
      const [row] = await query<{ n: number }[]>(
        database,
        'select count(*)::int as n from audit_records',
      )
      return row?.n ?? 0
    }
    for (const act of acts) {
      const records = await recorded()
      const answer = await act()
      const { route } = calls.at(-1) ?? assert.fail('nothing was called')
      assert.ok(answer.status < 300, `${route}: ${JSON.stringify(answer.body)}`)
      assert.ok((await recorded()) > records, route)
    }
  })
})

async function state(database: TestDatabase): Promise<Record<string, string[]>> {
  const { [COUNTED]: _, ...tables } = await stateOf(database)
  return tables
}
