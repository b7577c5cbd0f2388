import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { counts } from '../support/counts.ts'
import { createDatabase } from '../support/database.ts'
import { databaseProxy } from '../support/database-proxy.ts'
import { assertSound } from '../support/ledger.ts'
import { watchLedger } from '../support/ledger-watch.ts'
import { type Random, SEED, randomOf } from '../support/random.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Answer, INTERNAL_TOKEN, type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const KEYS = scaled(10_000, 60, 1_500)
const SENDS = 20
const KEYS_AT_ONCE = 8
/** Of a thousand sends, and of a thousand keys. */
const CALLERS_CUT = 100
const COMMITS_CUT = 50
/** About as long as a charge takes here, so that a cut meets it anywhere. */
const CUT_MS_MAX = 40
const PAUSE_MS = 50
const TRIES_MAX = 40

test('promise 2: one key moves money once, sent 20 times at once over two processes whose connections are cut', async (t) => {
  const tried = counts(t, {
    promise: '2, 5',
    what: 'One key, sent 20 times at once to two processes, connections cut at random',
    trials: KEYS * SENDS,
  })
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const service = await startService(t, {}, database)
  const replica = await startService(t, {}, { ...database, url: proxy.url })
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  const endWatch = watchLedger(t, database.url)
  let commitsCut = 0

  await inParallel(KEYS, KEYS_AT_ONCE, async (number) => {
    const random = randomOf(SEED + number)
    const cutBefore = proxy.isDone() ? commitsCut : commitsCut - 1
    if (random.chance(COMMITS_CUT) && proxy.isDone()) {
      proxy.plan({ cut: random.pick(['before', 'under way', 'after'] as const), pool: 'ledger' })
      tried.faults++
      commitsCut++
    }
    const body = { user_id: 'ada', amount: 7, idempotency_key: `key-${number}` }
    const senders = Array.from({ length: SENDS }, () => random.fork())
    const sent = await inParallel(SENDS, SENDS, (index) => {
      const target = index % 2 === 0 ? service : replica
      return sendUntilAnswered(target, body, senders[index] ?? random)
    })
    const cuts = sent.reduce((sum, one) => sum + one.cuts, 0)
    const unknown = sent.reduce((sum, one) => sum + one.unknown, 0)
    tried.faults += cuts
    for (const { answer } of sent) {
      assert.deepEqual([answer.status, answer.body], [200, sent[0]?.answer.body])
    }
    const first = sent.filter(({ answer }) => !answer.headers.has('idempotent-replayed'))
    // Who was cut off, or told that it is not known, may have been the first one. Where the answer of a commit
    // was lost, its process can't tell what the other one has made in its place from what it has made itself.
    const isOne = first.length === 1 || (first.length === 0 && cuts + unknown > 0)
    assert.ok(isOne || (first.length === 2 && commitsCut > cutBefore), `${first.length}`)
  })
  t.diagnostic(`${tried.faults} connections cut, of ${KEYS * SENDS} sends`)
  if (!proxy.isDone()) tried.faults--
  assert.ok(tried.faults > KEYS, 'connections were cut')
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 1_000_000 - KEYS * 7)
  const [stored] = await query<{ transfers: number; keys: number }[]>(
    database,
    `select count(*)::int as transfers, count(distinct idempotency_key)::int as keys
     from transfers where kind = 'deduct'`,
  )
  assert.deepEqual(stored, { transfers: KEYS, keys: KEYS })
  await endWatch()
  await assertSound(database)
})

/** Charges, and repeats the charge with its key as long as its outcome is unknown. */
async function sendUntilAnswered(
  target: Service,
  body: object,
  random: Random,
): Promise<{ answer: Answer; cuts: number; unknown: number }> {
  const counted = { cuts: 0, unknown: 0 }
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    // Only the first: each cut resent once.
    const isCut = tries === 1 && random.chance(CALLERS_CUT)
    const answer = await deduct(target, body, isCut ? random.int(0, CUT_MS_MAX) : null)
    if (answer === null) counted.cuts++
    else if (answer.status !== 503) return { answer, ...counted }
    else {
      counted.unknown++
      await delay(PAUSE_MS)
    }
  }
  throw new Error(`No answer in ${TRIES_MAX} tries`)
}

/** @returns null if the connection was closed first, after so many milliseconds */
async function deduct(
  target: Service,
  body: object,
  closesAfterMs: number | null,
): Promise<Answer | null> {
  const headers = { 'x-internal-token': INTERNAL_TOKEN }
  if (closesAfterMs === null) return target.call('POST', '/deduct', { headers, body })
  const closing = new AbortController()
  const timer = setTimeout(() => closing.abort(), closesAfterMs)
  try {
    return await target.call('POST', '/deduct', { headers, body, signal: closing.signal })
  } catch (error) {
    if (closing.signal.aborted) return null
    throw error
  } finally {
    clearTimeout(timer)
  }
}
