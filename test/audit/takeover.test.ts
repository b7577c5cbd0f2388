import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestDatabase, asAdmin, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { query } from '../support/tables.ts'
import { logFolder, logSettings } from '../support/tlog.ts'
import { startWitness } from '../support/witness.ts'

const ORIGIN = 'example.com/books'
/**
 * The log is published at least every 10 seconds while it grows. A process that was killed takes no more than half of
 * that from the next one.
 */
const LEASE_MS_MAX = 5_000

async function standing(database: TestDatabase): Promise<{ size: number; leasedMs: number }> {
  const statement = `
    select coalesce(size, 0)::float8 as size,
      coalesce(1000 * extract(epoch from leased_until - clock_timestamp()), 0)::float8 as "leasedMs"
    from published_log`
  const [row] = await query<{ size: number; leasedMs: number }[]>(database, statement)
  return row ?? { size: 0, leasedMs: 0 }
}

/** Notes each lease, with whose the one before was, how long it still was, and what was published. */
async function noteLeases(database: TestDatabase): Promise<void> {
  await asAdmin(database.adminUrl, (sql) =>
    sql.unsafe(`
      create table leases (process text, former text, left_ms float8, published_at timestamptz);
      create function note_lease() returns trigger security definer language plpgsql as $$ begin
        insert into public.leases select new.leased_to, old.leased_to,
          1000 * extract(epoch from old.leased_until - clock_timestamp()), new.published_at;
        return null;
      end $$;
      create trigger note_lease after update on published_log for each row
        when (new.leased_until > old.leased_until) execute function note_lease()`),
  )
}

test('after the publisher is killed, another process publishes once its lease has ended', async (t) => {
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
  /** Waits until more is published than now. @returns whether that was so */
  const isMorePublished = async () => {
    const { size } = await standing(database)
    return eventually(async () => (await standing(database)).size > size, 30_000)
  }
  assert.ok(await isMorePublished())
  await noteLeases(database)
  const other = await startService(t, settings, database)
  for (let times = 0; times < 2; times++) assert.ok(await isMorePublished())

  publisher.child.kill('SIGKILL')
  await publisher.ended
  target = other.origin
  const { leasedMs } = await standing(database)
  assert.ok(leasedMs <= LEASE_MS_MAX, `${Math.round(leasedMs)} ms were left`)
  assert.ok(await isMorePublished())
  over.abort()
  await load
  const takeovers = await query<{ left_ms: number }[]>(
    database,
    'select left_ms from leases where process <> former',
  )
  assert.ok(takeovers.length > 0)
  for (const { left_ms: left } of takeovers) {
    assert.ok(left <= 0, `a lease was taken ${left} ms before its end`)
  }
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
  await noteLeases(database)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  // A round ends with a publication, so it has renewed its lease if there are two without one in between.
  const isRenewed = async () => {
    const rounds = await query(
      database,
      'select from leases where process = former group by published_at having count(*) > 1',
    )
    return rounds.length > 0
  }
  assert.ok(await eventually(isRenewed, 30_000))
})
