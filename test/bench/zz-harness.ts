// @ts-nocheck
// harness: starts embedded postgres, service (compiled), bare, and measures given things
import { spawn, execFileSync, execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, writeFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { randomBytes } from 'node:crypto'
import { connect } from '/work/main/src/database/connect.ts'
import { startEmbeddedPostgres } from '/work/main/src/database/embedded/index.ts'
import { migrate } from '/work/main/src/database/migrate.ts'
import { configOf } from '/work/main/test/support/database.ts'
import { WIDE_LIMITS } from '/work/main/test/support/service.ts'
import { openUsers, openControlledUsers, createCustomers, fillLedger } from '/work/main/test/bench/seed.ts'
const run = promisify(execFile)
const root = process.env.ROOT ?? '/work/main'
const out = process.env.OUT ?? join(root, 'node_modules/.bench')
const token = randomBytes(32).toString('hex'), adminToken = randomBytes(32).toString('hex'), pepper = randomBytes(32).toString('hex')
const dataDir = mkdtempSync(join(tmpdir(), 'h-'))
const pg = await startEmbeddedPostgres({ dataDir, settings: { max_connections: '120', ...(process.env.PSS ? { shared_preload_libraries: 'pg_stat_statements' } : {}) } })
await migrate(configOf(pg.migrationUrl), configOf(pg.url))
const sql = connect(configOf(pg.migrationUrl), { name: 'bench', connectionsMax: 1 })
await sql`set statement_timeout = 0`
await openUsers(sql, 10000)
await openControlledUsers(sql, 10000)
await sql.unsafe(`create table by_hand_account (id int primary key, user_id text unique not null, balance bigint not null check (balance >= 0));
create table by_hand_ledger (id bigserial primary key, key text unique not null, account int not null, amount bigint not null, balance_after bigint not null, at timestamptz not null default now());
insert into by_hand_account select n, 'user-'||n, 1000000000000 from generate_series(0, 9999) n`)
await fillLedger(sql, 20000)
const extra = (process.env.NODEFLAGS ?? '').split(' ').filter(Boolean)
function start(file: string, flags: string[] = [], env = {}) {
  const child = spawn(process.execPath, [...flags, join(out, file)], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DATABASE_URL: pg.url, PORT: '0', LOG_LEVEL: process.env.LL ?? 'warn', INTERNAL_SERVICE_TOKEN: token, ADMIN_API_TOKEN: adminToken, API_KEY_PEPPER: pepper, STRIPE_SECRET_KEY: 'sk_test_of_the_bench_0123456789abcdef', STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef0123456789abcdef', ...WIDE_LIMITS, ...env } })
  return child
}
const origin = async (c: any) => ((await once(c.stdout, 'data')) as [Buffer])[0].toString().trim()
const service = start('test/bench/server.js', ['--max-semi-space-size=8', '--heap-growing-percent=100', ...extra])
const so = await origin(service)
service.stdout!.resume()
const bare = start('test/bench/bare.js')
const bo = await origin(bare)
const apiKeys = await createCustomers(so, adminToken, 20).catch((e) => { console.error(e.message); return ['x'] })
if (process.env.PSS) { const a = connect(configOf(pg.adminUrl), { name: 'x', connectionsMax: 1 }); await a`create extension pg_stat_statements`; await a`select pg_stat_statements_reset()`; await a.end() }
const hz = 100
const cpuOf = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return (Number(f[11]) + Number(f[12])) / hz }
const [{ pid: bpid }] = await sql`select pg_backend_pid() as pid`
const pgPid = Number(readFileSync(`/proc/${bpid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1])
const children = () => readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => { try { return readFileSync(`/proc/${p}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(pgPid) } catch { return false } }).map(Number)
const pgCpu = () => { let s = 0; for (const p of [pgPid, ...children()]) try { s += cpuOf(p) } catch {} ; const f = readFileSync(`/proc/${pgPid}/stat`, 'utf8').split(') ')[1]!.split(' '); return s + (Number(f[13]) + Number(f[14])) / hz }
async function wrk(o: string, lua: string, c = 64, s = 4) {
  const f = join(dataDir, 'l.lua'); writeFileSync(f, `local seed='${process.hrtime.bigint()}-'\nmath.randomseed(${Date.now() % 100000})\n` + lua)
  const { stdout } = await run('wrk', ['-t1', `-c${c}`, '-d', `${s}s`, '--latency', '-s', f, o])
  if (/Non-2xx|Socket errors/.test(stdout)) console.error(stdout)
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p50: / 50%\s+(\S+)/.exec(stdout)?.[1], p99: / 99%\s+(\S+)/.exec(stdout)?.[1] }
}
const deduct = (users: number, prefix = 'user-', path = '/deduct') => `local n=0
function request() n=n+1
return wrk.format('POST','${path}',{['content-type']='application/json',['x-internal-token']='${token}',['idempotency-key']=seed..n},'{"user_id":"${prefix}'..math.random(1,${users})..'","amount":1}') end`
const get = (path: string, h = `['x-internal-token']='${token}'`) => `function request() return wrk.format('GET',${path},{${h}}) end`
const bal = get(`'/balance/user-'..math.random(1,10000)`)
const keys = `local keys={${apiKeys.map((k) => `'${k}'`).join(',')}}\n`
const report = keys + `local n=0
function request() n=n+1 return wrk.format('POST','/api/usage/report',{['content-type']='application/json',['x-api-key']=keys[math.random(1,#keys)]},'{"metrics":{"api.calls":'..n..',"storage.gb":3.5},"report_id":"'..seed..n..'"}') end`
const batches = (users: number) => `local n=0
function request() local items={} for i=1,100 do n=n+1 items[i]='{"op":"deduct","user_id":"user-'..math.random(1,${users})..'","amount":1,"idempotency_key":"'..seed..n..'"}' end
return wrk.format('POST','/transfers/batch',{['content-type']='application/json',['x-internal-token']='${token}'},'{"transfers":['..table.concat(items,',')..']}') end`
async function hand(hot: boolean, c = 64, s = 4) {
  const f = join(dataDir, 'hand.sql')
  writeFileSync(f, `${hot ? '\\set a 1' : '\\set a random(0, 9999)'}\nwith u as (update by_hand_account set balance = balance - 1 where id = :a and balance >= 1 returning id, balance) insert into by_hand_ledger (key, account, amount, balance_after) select gen_random_uuid()::text, id, 1, balance from u returning id, balance_after;\n`)
  const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', '-c', String(c), '-j', c > 1 ? '2' : '1', '-f', f, '-T', String(s), pg.migrationUrl])
  return { rate: Number(/tps = ([\d.]+) \(without/.exec(stdout)?.[1]), p50: /latency average = (\S+)/.exec(stdout)?.[1] + 'ms', p99: '' }
}
const S = Number(process.env.S ?? 4)
const kinds: Record<string, () => Promise<{ rate: number; p50?: string; p99?: string }>> = {
  live: () => wrk(so, get(`'/health/live'`, ''), 64, S), bareLive: () => wrk(bo, get(`'/health/live'`, ''), 64, S),
  balance: () => wrk(so, bal, 64, S), bareBalance: () => wrk(bo, bal, 64, S),
  report: () => wrk(so, report, 64, S), bareReport: () => wrk(bo, report, 64, S),
  deduct: () => wrk(so, deduct(10000), 64, S), hot: () => wrk(so, deduct(1), 64, S), hand: () => hand(false, 64, S), handHot: () => hand(true, 64, S),
  one: () => wrk(so, deduct(10000), 1, S), handOne: () => hand(false, 1, S), oneBalance: () => wrk(so, bal, 1, S),
  granted: () => wrk(so, deduct(10000, 'granted-'), 64, S), budgeted: () => wrk(so, deduct(10000, 'budgeted-'), 64, S),
  batches: () => wrk(so, batches(10000), 8, S), hotBatches: () => wrk(so, batches(1), 8, S),
}
for (let r = 0; r < Number(process.env.R ?? 1); r++)
  { if (process.env.PROF && r === Number(process.env.R ?? 1) - 1) { service.kill('SIGUSR2'); }
  for (const k of (process.env.K ?? 'live,deduct').split(',')) {
    const [a, b, x] = [cpuOf(service.pid!), pgCpu(), cpuOf(bare.pid!)]
    const m = await kinds[k]!()
    const n = m.rate * S
    const us = (d: number) => ((d / n) * 1e6).toFixed(0).padStart(4)
    console.log(k.padEnd(12), m.rate.toFixed(0).padStart(6), '/s  p50', m.p50, 'p99', m.p99, ' us: node', us(cpuOf(service.pid!) - a), 'pg', us(pgCpu() - b), 'bare', us(cpuOf(bare.pid!) - x))
  } }
if (process.env.PROF) { service.kill('SIGUSR2'); await new Promise((r) => setTimeout(r, 1500)) }
if (process.env.DUMP) { const t = await (await fetch(so + '/metrics', { headers: { authorization: `Bearer ${adminToken}` } })).text(); console.log(t.split('\n').filter((l) => new RegExp(process.env.DUMP!).test(l) && !l.startsWith('#')).join('\n')) }
if (process.env.PSS) { const a = connect(configOf(pg.adminUrl), { name: 'x', connectionsMax: 1 }); console.log((await a`select calls, round(total_exec_time::numeric,1) as ms, round((total_exec_time*1000/calls)::numeric,1) as us, rows, wal_bytes, left(regexp_replace(query,'\s+',' ','g'),110) as q from pg_stat_statements order by total_exec_time desc limit 16`).map((r) => `${r.calls} ${r.ms}ms ${r.us}us rows ${r.rows} wal ${r.wal_bytes} ${r.q}`).join('\n')); await a.end() }
service.kill('SIGTERM'); bare.kill('SIGTERM')
await once(service, 'exit')
await sql.end(); await pg.stop(); rmSync(dataDir, { recursive: true, force: true })
