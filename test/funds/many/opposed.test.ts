import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../../support/counts.ts'
import { assertSound } from '../../support/ledger.ts'
import { watchLedger } from '../../support/ledger-watch.ts'
import { SEED, randomOf } from '../../support/random.ts'
import { scaled } from '../../support/scale.ts'
import { startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

const DURATION_MS = scaled(300_000, 4_000)
const CLIENTS = 100
/** Few, so that a pair's batches meet each other all the time. */
const PAIRS = [
  ['ada', 'bob'],
  ['cyd', 'dan'],
  ['eve', 'fay'],
] as const
const SHARED = 'gus'

test('promise 7: 100 clients on one account and 100 on opposed pairs: no error and no deadlock', async (t) => {
  const tried = counts(t, {
    promise: '5, 7',
    what: '100 clients on one account, and 100 on pairs that pay each other in both directions',
    trials: 0,
  })
  const first = await startService(t)
  const second = await startService(t, {}, first.database)
  const users = [...PAIRS.flat(), SHARED]
  for (const user_id of users) {
    await first.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await first.asInternal('POST', '/top_up', { user_id, amount: 100_000_000 })
  }
  const endWatch = watchLedger(t, first.database.url)
  const until = Date.now() + DURATION_MS
  const answers = new Map<string, number>()

  /** Charges and tops up one account, or pays from one of a pair to the other. */
  const client = async (number: number, isOfPairs: boolean) => {
    const random = randomOf(SEED + number)
    const service = number % 2 === 0 ? first : second
    while (Date.now() < until) {
      const amount = random.int(1, 9)
      const pair = random.pick(PAIRS)
      const [from, to] = random.chance(500) ? pair : pair.toReversed()
      const call = isOfPairs
        ? service.asInternal('POST', '/transfers/batch', {
            atomic: true,
            transfers: [
              { op: 'deduct', user_id: from, amount },
              { op: 'top_up', user_id: to, amount },
            ],
          })
        : service.asInternal('POST', random.chance(500) ? '/deduct' : '/top_up', {
            user_id: SHARED,
            amount,
          })
      const { status, body } = await call
      const what = `${isOfPairs ? 'pair' : 'shared'} ${status} ${body.code ?? ''}`.trim()
      answers.set(what, (answers.get(what) ?? 0) + 1)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, number) => number)
  await Promise.all(clients.flatMap((number) => [client(number, true), client(number, false)]))

  tried.trials = [...answers.values()].reduce((sum, times) => sum + times, 0)
  t.diagnostic(JSON.stringify(Object.fromEntries(answers)))
  assert.deepEqual([...answers.keys()].toSorted(), ['pair 200', 'shared 200'])
  const [row] = await query<{ deadlocks: number; sum: number }[]>(
    first.database,
    `select (select sum(balance)::int from accounts where user_id <> $1) as sum, deadlocks::int
     from pg_stat_database where datname = current_database()`,
    [SHARED],
  )
  // What one of a pair pays, the other gets.
  assert.deepEqual(row, { sum: PAIRS.length * 2 * 100_000_000, deadlocks: 0 })
  await endWatch()
  await assertSound(first.database)
})
