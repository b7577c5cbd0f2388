import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestDatabase, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { query } from '../support/tables.ts'
import { logFolder, logSettings } from '../support/tlog.ts'
import { startWitness } from '../support/witness.ts'

const ORIGIN = 'example.com/books'
/** The log is published at least this often while it grows. */
const GAP_MS_MAX = 10_000

interface Standing {
  size: number
  process: string
  /** For how long the process that published last still has the lease. */
  leasedMs: number
}

async function standing(database: TestDatabase): Promise<Standing> {
  const statement = `
    select coalesce(size, 0)::float8 as size, coalesce(leased_to, '') as process,
      coalesce(1000 * extract(epoch from leased_until - clock_timestamp()), 0)::float8 as "leasedMs"
    from published_log`
  const [row] = await query<Standing[]>(database, statement)
  return row ?? { size: 0, process: '', leasedMs: 0 }
}

test('after the publisher is killed, another process publishes within 10 seconds', async (t) => {
  const settings = { ...logSettings(logFolder(t)), AUDIT_LOG_ORIGIN: ORIGIN }
  const database = await createDatabase()
  t.after(() => database.drop())
  const publisher = await startServiceProcess(t, newDataDir(t), {
    ...settings,
    DATABASE_URL: database.url,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
  })
  let target = publisher.origin
  const post = (path: string, body: object) =>
    fetch(target + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
      body: JSON.stringify(body),
    }).then((answer) => answer.arrayBuffer())
  await post('/account', { user_id: 'ada', tier: 'pro' })
  await post('/top_up', { user_id: 'ada', amount: 1_000_000 })
  const over = new AbortController()
  const load = (async () => {
    while (!over.signal.aborted) {
      await post('/deduct', { user_id: 'ada', amount: 1 }).catch(() => delay(10))
      await delay(10)
    }
  })()
  const isPublishing = async () => (await standing(database)).size > 0
  assert.ok(await eventually(isPublishing, 20_000))
  const { process } = await standing(database)
  const other = await startService(t, settings, database)
  await delay(1_500)
  const before = await standing(database)
  assert.equal(before.process, process, 'one process publishes all the time')

  publisher.child.kill('SIGKILL')
  await publisher.ended
  target = other.origin
  const { size } = await standing(database)
  const begun = performance.now()
  const isPublished = async () => (await standing(database)).size > size
  const isThere = await eventually(isPublished, 30_000)
  const gap = performance.now() - begun
  over.abort()
  await load
  assert.ok(isThere && gap < GAP_MS_MAX, `${Math.round(gap)} ms`)
})

test('a process keeps the lease for as long as its round takes', async (t) => {
  const folder = logFolder(t)
  const { vkey } = await startWitness(t)
  const policy = join(folder, 'witnesses')
  // Nothing listens there, so a round waits its full 5 seconds.
  writeFileSync(policy, `witness one ${vkey} http://127.0.0.1:9\nquorum one\n`)
  const settings = { ...logSettings(folder), AUDIT_LOG_ORIGIN: ORIGIN }
  const service = await startService(t, { ...settings, AUDIT_WITNESSES_FILE: policy })
  const { database } = service
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const isLeased = async () => (await standing(database)).leasedMs > 0
  assert.ok(await eventually(isLeased, 10_000))
  let least = Infinity
  for (const until = performance.now() + 4_000; performance.now() < until;) {
    least = Math.min(least, (await standing(database)).leasedMs)
    await delay(50)
  }
  assert.ok(least > 1_500, `only ${Math.round(least)} ms were left`)
})
