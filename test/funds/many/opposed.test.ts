import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PATIENCE_MS } from '../../../src/funds/waiting-room.ts'
import { counts } from '../../support/counts.ts'
import { createDatabase } from '../../support/database.ts'
import { assertSound } from '../../support/ledger.ts'
import { watchLedger } from '../../support/ledger-watch.ts'
import { SEED, randomOf } from '../../support/random.ts'
import { scaled } from '../../support/scale.ts'
import { INTERNAL_TOKEN, WIDE_LIMITS } from '../../support/service.ts'
import { newDataDir, startServiceProcess } from '../../support/service-process.ts'
import { query } from '../../support/tables.ts'

const DURATION_MS = scaled(300_000, 4_000, 90_000)
const CLIENTS = 100
/** Few, so that a pair's batches meet each other all the time. */
const PAIRS = [
  ['ada', 'bob'],
  ['cyd', 'dan'],
  ['eve', 'fay'],
] as const
const SHARED = 'gus'
/** The answers to a call that has waited for as long as any call may, so that nothing was done. */
const TOO_LATE = ['503 ACCOUNT_BUSY', '503 TIMEOUT']
/**
 * How often a client repeats such a call. Beside other tests, a machine does fewer calls than wait here; the drill
 * has the machine to itself, and there every call is done at once.
 */
const REPEATS_MAX = scaled(0, 5)

test('promise 7: 100 clients on one account and 100 on opposed pairs: no error and no deadlock', async (t) => {
  const tried = counts(t, {
    promise: '5, 7',
    what: '100 clients on one account, and 100 on pairs that pay each other in both directions',
    trials: 0,
  })
  const database = await createDatabase()
  t.after(() => database.drop())
  // In processes of their own: the clients here would take the time of their event loops.
  const start = () =>
    startServiceProcess(t, newDataDir(t), {
      DATABASE_URL: database.url,
      INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
      LOG_LEVEL: 'error',
      ...WIDE_LIMITS,
    })
  const origins = [(await start()).origin, (await start()).origin]
  let repeated = 0
  const post = async (origin: string, path: string, body: object, repeats = 0): Promise<string> => {
    const begun = performance.now()
    const headers = { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN }
    const answer = await fetch(origin + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const { code } = (await answer.json()) as { code?: string }
    const said = `${answer.status} ${code ?? ''}`.trim()
    // One that is refused earlier is refused for the contention itself.
    const hasWaited = performance.now() - begun >= PATIENCE_MS
    if (!TOO_LATE.includes(said) || !hasWaited || repeats === REPEATS_MAX) return said
    repeated++
    return post(origin, path, body, repeats + 1)
  }
  const [first = ''] = origins
  for (const user_id of [...PAIRS.flat(), SHARED]) {
    assert.equal(await post(first, '/account', { user_id, tier: 'pro' }), '201')
    assert.equal(await post(first, '/top_up', { user_id, amount: 100_000_000 }), '200')
  }
  const endWatch = watchLedger(t, database.url)
  const until = Date.now() + DURATION_MS
  const answers = new Map<string, number>()

  /** Charges and tops up one account, or pays from one of a pair to the other. */
  const client = async (number: number, isOfPairs: boolean) => {
    const random = randomOf(SEED + number)
    const origin = origins[number % origins.length] ?? first
    while (Date.now() < until) {
      const amount = random.int(1, 9)
      const pair = random.pick(PAIRS)
      const [from, to] = random.chance(500) ? pair : pair.toReversed()
      const call = isOfPairs
        ? post(origin, '/transfers/batch', {
            atomic: true,
            transfers: [
              { op: 'deduct', user_id: from, amount },
              { op: 'top_up', user_id: to, amount },
            ],
          })
        : post(origin, random.chance(500) ? '/deduct' : '/top_up', {
            user_id: SHARED,
            amount,
          })
      const what = `${isOfPairs ? 'pair' : 'shared'} ${await call}`
      answers.set(what, (answers.get(what) ?? 0) + 1)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, number) => number)
  await Promise.all(clients.flatMap((number) => [client(number, true), client(number, false)]))

  tried.trials = [...answers.values()].reduce((sum, times) => sum + times, 0)
  t.diagnostic(`${JSON.stringify(Object.fromEntries(answers))}; ${repeated} repeated`)
  assert.deepEqual([...answers.keys()].toSorted(), ['pair 200', 'shared 200'])
  const [row] = await query<{ deadlocks: number; sum: number }[]>(
    database,
    `select (select sum(balance)::int from accounts where user_id <> $1) as sum, deadlocks::int
     from pg_stat_database where datname = current_database()`,
    [SHARED],
  )
  // What one of a pair pays, the other gets.
  assert.deepEqual(row, { sum: PAIRS.length * 2 * 100_000_000, deadlocks: 0 })
  await endWatch()
  await assertSound(database)
})
