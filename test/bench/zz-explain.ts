// @ts-nocheck
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import { configOf } from '../support/database.ts'
import { openUsers, fillLedger } from './seed.ts'
import { CHARGE } from '../../src/funds/optimistic/statement.ts'
const dataDir = mkdtempSync('/tmp/e-')
const pg = await startEmbeddedPostgres({ dataDir, settings: { max_connections: '50' } })
await migrate(configOf(pg.migrationUrl), configOf(pg.url))
const own = connect(configOf(pg.migrationUrl), { name: 'bench', connectionsMax: 1 })
await own`set statement_timeout = 0`
await openUsers(own, 10000); await fillLedger(own, 50000)
const sql = connect(configOf(pg.url), 'ledger', 1)
const N = 32
const text = process.env.SQL ? (await import(process.env.SQL)).CHARGE : CHARGE
let n = 0
async function args() {
  const rows = await sql`select id, seq, credit_limit, balance from accounts where user_id is not null order by random() limit ${N}`
  const [{ id: rev }] = await sql`select id from accounts where system = 'revenue'`
  const col = (f) => '{' + rows.map(f).join(',') + '}'
  return [col((r) => r.id), col((r) => r.seq), col((r) => r.credit_limit), col((r) => r.seq + 1n), col((r) => r.balance - 1n),
    col((r) => r.id), col((r) => r.seq + 1n), col(() => rev), col(() => 1), col((r) => r.balance - 1n), col(() => `key-${process.pid}-${n++}`), col(() => '"\\\\x' + 'ab'.repeat(32) + '"'), col(() => 'NULL'), col(() => 'NULL'), col(() => 'NULL'), col(() => 'internal:abcdef12'), col(() => '127.0.0.1')]
}
for (let i = 0; i < 300; i++) await sql.unsafe(text, await args(), { prepare: true })
const t = process.hrtime.bigint(); let sum = 0
for (let i = 0; i < 300; i++) { const a = await args(); const s = process.hrtime.bigint(); await sql.unsafe(text, a, { prepare: true }); sum += Number(process.hrtime.bigint() - s) / 1e3 }
console.log('us per row', (sum / 300 / N).toFixed(1))
const plan = await sql.unsafe('explain (analyze, buffers, wal, timing) ' + text, await args(), { prepare: true })
console.log(plan.map((r) => r['QUERY PLAN']).join('\n'))
await sql.end(); await own.end(); await pg.stop(); rmSync(dataDir, { recursive: true })
