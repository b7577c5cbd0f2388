import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { settableClock } from '../support/clock.ts'
import { counts } from '../support/counts.ts'
import { asAdmin, createDatabase } from '../support/database.ts'
import { assertSound } from '../support/ledger.ts'
import { ended } from '../support/optimistic.ts'
import { eventually } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { scaled } from '../support/scale.ts'
import { type Answer, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const HOUR = 3_600_000
const WAIT_MS_MAX = 10_000
const GATE = 21

async function open(service: Service, user_id: string, amount = 1_000) {
  const post = (path: string, body: object) => service.asInternal('POST', path, body)
  await post('/account', { user_id, tier: 'pro' })
  await post('/top_up', { user_id, amount })
  return {
    grant: async (of: number, terms: object = {}) =>
      (await post('/grants', { user_id, amount: of, ...terms })).body,
    charge: (of: number, more: object = {}) => post('/deduct', { user_id, amount: of, ...more }),
    put: (id: string, body: object, by = service) =>
      by.asInternal('PUT', `/account/${user_id}/budgets/${id}`, { window: 'total', ...body }),
    remove: (id: string, by = service) =>
      by.asInternal('DELETE', `/account/${user_id}/budgets/${id}`),
    used: async (id: string) =>
      (await service.asInternal('GET', `/account/${user_id}/budgets/${id}`)).body.used,
  }
}

/** What the process has done of charges on what it remembers, meanwhile. */
async function during(service: Service, act: () => Promise<unknown>) {
  const now = async () => [await ended(service, 'written'), await ended(service, 'changed')]
  const [written = 0, changed = 0] = await now()
  await act()
  const after = await now()
  return { written: (after[0] ?? 0) - written, changed: (after[1] ?? 0) - changed }
}

test('a remembered account with grants and budgets is charged in one statement, with the same answer', async (t) => {
  const service = await startService(t)
  const ada = await open(service, 'ada')
  const later = await ada.grant(50)
  const first = await ada.grant(10, { priority: 1 })
  await ada.put('all', { amount: 100, alert_at: [50, 90] })
  await ada.put('few', { amount: 20, match: { reference_prefix: 'few/' } })
  await ada.put('soft', { amount: 40, mode: 'soft' })
  assert.equal((await ada.charge(4)).status, 200)
  const done = await during(service, async () => {
    // It uses up one grant and takes from another.
    const { body } = await ada.charge(16, { reference: 'few/1' })
    assert.deepEqual(
      [body.balance, body.grants],
      [
        1_040,
        [
          { grant_id: first.grant_id, amount: 6 },
          { grant_id: later.grant_id, amount: 10 },
        ],
      ],
    )
    // This reaches a percentage, and passes the soft budget.
    assert.equal((await ada.charge(35)).body.grants[0].amount, 35)
    // The rest of the grant, and other money.
    assert.equal((await ada.charge(10)).body.grants[0].amount, 5)
    assert.deepEqual((await ada.charge(1)).body.grants, [])
  })
  assert.deepEqual(done, { written: 4, changed: 0 })
  assertRefused(await ada.charge(5, { reference: 'few/2' }), 'BUDGET_EXCEEDED')
  assert.deepEqual([await ada.used('all'), await ada.used('few')], [66, 16])
  const granted = (await service.asInternal('GET', '/account/ada/grants')).body.data
  assert.deepEqual(
    granted.map((one: { remaining: number; status: string }) => [one.remaining, one.status]),
    [
      [0, 'spent'],
      [0, 'spent'],
    ],
  )
  const told = async () => {
    const { body } = await service.asAdmin('GET', '/api/events?limit=200')
    return (body.data as { type: string }[]).map(({ type }) => type)
  }
  const isTold = async () =>
    (await told())
      .filter((type) => type.startsWith('budget.'))
      .toSorted()
      .join() === 'budget.exceeded,budget.threshold'
  assert.ok(await eventually(isTold, WAIT_MS_MAX), String(await told()))
  await assertSound(service.database)
})

test('a budget that another process has changed counts for the next charge', async (t) => {
  const service = await startService(t)
  const other = await startService(t, {}, service.database)
  const ada = await open(service, 'ada')
  await ada.put('b', { amount: 100, match: { reason: 'x' } })
  await ada.put('c', { amount: 200 })
  const cases: [string, () => Promise<unknown>, object][] = [
    ['amount', () => ada.put('c', { amount: 20 }, other), {}],
    ['match', () => ada.put('b', { amount: 20 }, other), {}],
    [
      'another in its place',
      async () => {
        await ada.remove('b', other)
        await ada.put('d', { amount: 20 }, other)
      },
      {},
    ],
    [
      'the same name again',
      async () => {
        await ada.remove('c', other)
        await ada.put('c', { amount: 20, match: { reference_prefix: 'y' } }, other)
      },
      { reference: 'y/1' },
    ],
  ]
  for (const [what, act, notes] of cases) {
    // Both charges find the account remembered, whatever it has been doubted for.
    for (const id of ['b', 'c', 'd']) await ada.remove(id)
    await ada.put('b', { amount: 100, match: { reason: 'x' } })
    await ada.put('c', { amount: 200 })
    const isRemembered = async () => (await during(service, () => ada.charge(1))).written === 1
    assert.ok(await eventually(isRemembered, WAIT_MS_MAX), what)
    await act()
    const done = await during(service, async () => {
      assertRefused(await ada.charge(21, notes), 'BUDGET_EXCEEDED')
    })
    assert.deepEqual(done, { written: 0, changed: 1 }, what)
  }
  await assertSound(service.database)
})

/**
 * A service whose statements stop at a gate: when they have begun and see the rows of that time, and
 * before they lock their accounts.
 */
async function startWithGate(t: TestContext) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const setClock = await settableClock(database)
  await asAdmin(database.adminUrl, (sql) =>
    sql.unsafe(`
      create function clock.pg_try_advisory_xact_lock_shared(a int, b int) returns boolean
      language plpgsql volatile as $$
      begin
        perform pg_advisory_lock_shared(${GATE});
        perform pg_advisory_unlock_shared(${GATE});
        return pg_catalog.pg_try_advisory_xact_lock_shared(a, b);
      end $$`),
  )
  const service = await startService(t, { RUN_JOBS: 'false' }, database)
  const other = await startService(t, { RUN_JOBS: 'false' }, database)
  /** Does something while a charge stands at the gate. */
  const meanwhile = (charge: () => Promise<Answer>, act: () => Promise<unknown>) =>
    asAdmin(database.adminUrl, async (sql) => {
      await sql`select pg_advisory_lock(${GATE})`
      const answer = charge()
      const isThere = async () => {
        const waiting = await sql`
          select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`
        return waiting.length > 0
      }
      assert.ok(await eventually(isThere, WAIT_MS_MAX))
      await act()
      await sql`select pg_advisory_unlock(${GATE})`
      return answer
    })
  return { service, other, setClock, meanwhile }
}

test('nor is a budget passed that is changed when the statement has begun', async (t) => {
  const { service, other, meanwhile } = await startWithGate(t)
  const ada = await open(service, 'ada')
  await ada.put('b', { amount: 100 })
  await ada.charge(1)
  const done = await during(service, async () => {
    const answer = await meanwhile(
      () => ada.charge(20),
      () => ada.put('b', { amount: 10 }, other),
    )
    assertRefused(answer, 'BUDGET_EXCEEDED')
  })
  assert.deepEqual(done, { written: 0, changed: 1 })
  // The account is remembered again, with what was put.
  await ada.charge(1)
  const again = await during(service, () =>
    meanwhile(
      () => ada.charge(1),
      () => ada.put('b', { amount: 10, alert_at: [] }, other),
    ),
  )
  assert.deepEqual(again, { written: 1, changed: 0 })
  assert.equal(await ada.used('b'), 3)
  await assertSound(service.database)
})

test('a grant that expires when the statement has begun does not pay, and a window that ends counts nothing', async (t) => {
  const { service, setClock, meanwhile } = await startWithGate(t)
  // At the start of an hour, so that no window ends while this runs.
  const begin = HOUR - (Date.now() % HOUR)
  await setClock(begin)
  const ada = await open(service, 'ada')
  await ada.grant(50, { expires_at: new Date(Date.now() + begin + HOUR / 2).toISOString() })
  await ada.charge(1)
  const expired = await during(service, async () => {
    const { body } = await meanwhile(
      () => ada.charge(5),
      () => setClock(begin + HOUR / 2 + 1_000),
    )
    assert.deepEqual([body.balance, body.grants], [995, []])
  })
  assert.deepEqual(expired, { written: 0, changed: 1 })
  await ada.put('hourly', { amount: 20, window: 'hour' })
  await ada.put('others', { amount: 10, window: 'hour', match: { reason: 'other' } })
  await ada.charge(8)
  await ada.charge(1)
  const over = await during(service, async () => {
    const { status } = await meanwhile(
      () => ada.charge(9),
      () => setClock(begin + HOUR + 1_000),
    )
    assert.equal(status, 200)
  })
  assert.deepEqual(over, { written: 0, changed: 1 })
  assert.equal(await ada.used('hourly'), 9)
  // The window of the other one has ended too, and does not matter.
  const next = await during(service, () => ada.charge(1))
  assert.deepEqual(next, { written: 1, changed: 0 })
  await assertSound(service.database)
})

const grant = fc.record({
  amount: fc.integer({ min: 1, max: 30 }),
  priority: fc.constantFrom(50, 50, 7),
  hours: fc.constantFrom(null, 5, 5, 9),
})
const budget = fc.record({
  amount: fc.integer({ min: 10, max: 120 }),
  window: fc.constantFrom('month', 'total'),
  mode: fc.constantFrom('hard', 'soft'),
  match: fc.constantFrom({}, { reference_prefix: 'a/' }),
  alert_at: fc.constantFrom([], [50, 90]),
})
const charges = fc.array(
  fc.record({ amount: fc.integer({ min: 1, max: 25 }), reference: fc.constantFrom('a/1', 'b') }),
  { minLength: 1, maxLength: 12 },
)

test('charges take and count the same, remembered or under the lock', async (t) => {
  const numRuns = scaled(1_000, 12, 200)
  counts(t, {
    promise: '21, 23',
    what: 'Charges with grants and budgets, remembered or under the lock',
    trials: numRuns,
  })
  const service = await startService(t)
  const call = (path: string, body: object) => service.asInternal('POST', path, body)
  let run = 0
  const written = await ended(service, 'written')
  await fc.assert(
    fc.asyncProperty(
      fc.array(grant, { maxLength: 6 }),
      fc.array(budget, { maxLength: 3 }),
      charges,
      async (grants, budgets, asked) => {
        const users = [`one-${run}`, `two-${run++}`] as const
        const from = Date.now()
        for (const user of users) {
          const account = await open(service, user, 60)
          for (const { amount, priority, hours } of grants) {
            const expires_at = hours === null ? null : new Date(from + hours * HOUR).toISOString()
            await account.grant(amount, { priority, expires_at })
          }
          for (const [index, terms] of budgets.entries()) await account.put(`b${index}`, terms)
        }
        const [one, two] = users
        for (const notes of asked) {
          const remembered = await call('/deduct', { user_id: one, ...notes })
          // An atomic batch locks its account.
          const transfers = [{ op: 'deduct', user_id: two, ...notes }]
          const locked = await call('/transfers/batch', { transfers, atomic: true })
          const [result] = locked.body.results ?? locked.body.details?.results ?? []
          assert.deepEqual(pieces(remembered.body), pieces(result?.body ?? locked.body))
        }
        const rows = (user: string) =>
          query(
            service.database,
            `select a.balance, a.granted, a.seq,
              (select json_agg(json_build_array(g.seq, g.remaining, g.status, g.is_open) order by seq)
                from grants g where g.account_id = a.id) as grants,
              (select json_agg(json_build_array(b.id, b.used, b.alerted) order by id)
                from budgets b where b.account_id = a.id) as budgets
            from accounts a where user_id = '${user}'`,
          )
        assert.deepEqual(await rows(one), await rows(two))
      },
    ),
    { numRuns, endOnFailure: true },
  )
  assert.ok((await ended(service, 'written')) > written + numRuns)
  await assertSound(service.database)
})

/** What was taken from which grants, and what was left; or the refusal. */
function pieces({ code, balance, available, grants }: Record<string, unknown>) {
  const taken = (grants ?? []) as { grant_id: string; amount: number }[]
  const parts = taken.map(({ grant_id, amount }) => [grant_id.replace(/^.*_/, ''), amount])
  return { code, balance, available, parts }
}
