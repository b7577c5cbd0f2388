import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counts } from '../support/counts.ts'
import { assertSound } from '../support/ledger.ts'
import { watchLedger } from '../support/ledger-watch.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const CALLERS = 64

test('promise 7: two processes hammer one account: no error, and a fair share for each', async (t) => {
  const tried = counts(t, {
    promise: '5, 7',
    what: 'Two processes on one account, and a fair share for each',
    trials: 0,
  })
  const first = await startService(t)
  const second = await startService(t, {}, first.database)
  await first.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await first.asInternal('POST', '/top_up', { user_id: 'ada', amount: 10_000_000 })
  const endWatch = watchLedger(t, first.database.url)
  const until = Date.now() + scaled(60_000, 4_000)
  const statuses = new Map<string, number>()

  /** @returns how many of its calls were done */
  const hammer = async (service: typeof first) => {
    let done = 0
    const caller = async () => {
      while (Date.now() < until) {
        const answer = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
        const what = `${answer.status} ${answer.body.code ?? ''}`
        statuses.set(what, (statuses.get(what) ?? 0) + 1)
        if (answer.status === 200) done++
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
    return done
  }
  /** What an operator needs most then: the account's terms, and what it was before. */
  const operate = async () => {
    while (Date.now() < until) {
      const { status } = await second.asInternal('PATCH', '/account/ada', { tier: 'max' })
      statuses.set(`${status} `, (statuses.get(`${status} `) ?? 0) + 1)
    }
  }
  const [one, two] = await Promise.all([hammer(first), hammer(second), operate()])
  tried.trials = [...statuses.values()].reduce((sum, times) => sum + times, 0)
  assert.deepEqual([...statuses.keys()], ['200 '])
  assert.ok(Math.min(one, two) > Math.max(one, two) / 3, `${one} and ${two}`)
  const [row] = await query<{ deadlocks: number }[]>(
    first.database,
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  )
  assert.equal(row?.deadlocks, 0)
  await endWatch()
  await assertSound(first.database)
})
