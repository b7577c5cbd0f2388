import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { recentFacts } from '../../src/audit/recent.ts'
import { recordBytes } from '../../src/audit/records.ts'
import { LOCK_KEY, logSize, sequence } from '../../src/audit/sequencer.ts'
import type { LogSource } from '../../src/audit/source.ts'
import { entryBundle } from '../../src/audit/tlog/entries.ts'
import { transferSource } from '../../src/funds/log-source.ts'
import { settled } from '../support/audit.ts'
import { connect } from '../../src/database/connect.ts'
import { asAdmin, configOf } from '../support/database.ts'
import { BYTES_MAX, NOTES } from '../support/notes.ts'
import { inParallel } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const COUNT = 40
const NOTES_BYTES = JSON.stringify(NOTES).length

interface Page {
  data: { seq: number; event: string; metadata: Record<string, unknown> }[]
  next_cursor: string | null
}

async function charge(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  const body = { user_id: 'ada', amount: 1, metadata: NOTES }
  const answers = await inParallel(COUNT, COUNT, () => service.asInternal('POST', '/deduct', body))
  for (const { status } of answers) assert.equal(status, 200)
}

/** The source of transfers, and how many of them each of its reads was asked for. */
function watched(): { source: LogSource; reads: number[] } {
  const reads: number[] = []
  const read: LogSource['read'] = (sql, parts, options) => {
    reads.push(parts.reduce((sum, { from, to }) => sum + to - from, 0))
    return transferSource.read(sql, parts, options)
  }
  return { source: { ...transferSource, read }, reads }
}

function assertPortions(reads: readonly number[]): void {
  for (const count of reads) assert.ok(count * NOTES_BYTES < BYTES_MAX, `${count} at once`)
  assert.ok(reads.length > 3, `${reads.length} reads`)
}

test('pages of long records end early, and together have each record once', async (t) => {
  const service = await startService(t)
  await charge(service)
  await settled(service)
  const [ada] = await query<{ id: string }[]>(
    service.database,
    "select 'acct_' || id as id from accounts where user_id = 'ada'",
  )
  const filters = [
    ['', COUNT + 2],
    ['&as_logged=true', COUNT + 2],
    ['&event=funds.deducted', COUNT],
    [`&subject=${ada?.id}`, COUNT + 2],
    ['&event=funds.topped_up', 1],
  ] as const
  for (const [filter, least] of filters) {
    const seen: number[] = []
    let pages = 0
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const path: string = `/api/audit?limit=200${filter}${cursor && `&cursor=${cursor}`}`
      const { status, body } = await service.asAdmin('GET', path)
      assert.equal(status, 200)
      const { data, next_cursor } = body as Page
      assert.ok(JSON.stringify(data).length < BYTES_MAX, `${filter}: ${data.length} records`)
      seen.push(...data.map(({ seq }) => seq))
      cursor = next_cursor
    }
    assert.deepEqual(
      seen,
      [...new Set(seen)].toSorted((a, b) => b - a),
      filter,
    )
    assert.ok(seen.length >= least, `${filter}: ${seen.length} records`)
    if (least >= COUNT) assert.ok(pages > 3, `${filter}: ${pages} pages`)
  }
})

test('acts whose values are kept beside them weigh what is shown of them', async (t) => {
  const service = await startService(t)
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      with value as (
        insert into audit_personal (commitment, subject, salt, value)
        select 'sha256:' || encode(sha256(n::text::bytea), 'hex'), 'plan', '\\x00', repeat('x', 60000)
        from generate_series(1, ${COUNT}::int) n returning commitment
      )
      insert into audit_records (event, actor, subject, metadata)
      select 'plan.updated', 'system', 'plan', jsonb_build_object('limits', commitment) from value`
  })
  await settled(service)
  let count = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `/api/audit?limit=200&event=plan.updated${cursor && `&cursor=${cursor}`}`
    const { data, next_cursor } = (await service.asAdmin('GET', path)).body as Page
    assert.ok(JSON.stringify(data).length < BYTES_MAX, `${data.length} records`)
    for (const { metadata } of data) assert.equal(String(metadata['limits']).length, 60_000)
    count += data.length
    cursor = next_cursor
  }
  assert.equal(count, COUNT)
})

/** Charges that no process has logged yet, and none remembers. */
async function waiting(t: TestContext): Promise<Service> {
  const service = await startService(t)
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCK_KEY})`
      await charge(service)
      await service.app.close()
    })
  })
  return service
}

test('long records that others have committed are logged and bundled by portions', async (t) => {
  const { database } = await waiting(t)
  const sql = connect(configOf(database.url), { name: 'long records', connectionsMax: 2 })
  t.after(() => sql.end())
  const rounds = watched()
  while ((await sequence(sql, rounds.source, recentFacts())).added > 0);
  assertPortions(rounds.reads)
  const width = await logSize(sql)
  assert.ok(width > COUNT && width < 256, `${width} records`)

  const bundling = watched()
  const bundle = await entryBundle(sql, bundling.source, { index: 0, width })
  assertPortions(bundling.reads)
  let entries = 0
  for (let at = 0; at < bundle.length; entries++) {
    const end = at + 2 + bundle.readUInt16BE(at)
    const bytes = bundle.subarray(at + 2, end)
    const record = JSON.parse(bytes.toString('utf8'))
    assert.equal(record.seq, entries)
    assert.deepEqual(recordBytes(record), bytes)
    at = end
  }
  assert.equal(entries, width)
})

test('a round of long records lets others go first', async (t) => {
  const { database } = await waiting(t)
  const sql = connect(configOf(database.url), { name: 'long records', connectionsMax: 2 })
  t.after(() => sql.end())
  let turns = 0
  let timer = setImmediate(function turn() {
    turns++
    timer = setImmediate(turn)
  })
  t.after(() => clearImmediate(timer))
  const seenAt: number[] = []
  /** One that takes longer than a slice may. */
  const record = (seq: number) => {
    const end = performance.now() + 12
    while (performance.now() < end);
    seenAt.push(turns)
    const timestamp = new Date().toISOString()
    return { seq, timestamp, event: 'test', actor: 'test', subject: 'test', ip: null, metadata: {} }
  }
  const recent = recentFacts()
  const rows = await sql<{ id: bigint; size: number }[]>`
    select id, cardinality(account_ids) as size
    from audit_records where event is null and id in (select record_id from audit_queue)`
  for (const { id, size } of rows) {
    recent.remember(id, () => Array.from({ length: size }, () => record))
  }
  while ((await sequence(sql, transferSource, recent)).added > 0);
  assert.ok(seenAt.length > COUNT)
  assert.equal(new Set(seenAt).size, seenAt.length, `turns ${seenAt.join(' ')}`)
})
