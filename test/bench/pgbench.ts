import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '../../src/database/connect.ts'
import { type Seen, percentile } from './report.ts'

const run = promisify(execFile)

const CLIENTS = 64

/** One deduct as one prepared statement and one commit, as a service without shared commits has it. */
function deductSql(userId: string, key: string): string {
  return `
    with moved as (
      update accounts set balance = balance - 1, seq = seq + 1, updated_at = clock_timestamp()
      where user_id = ${userId} and status = 'active' and balance - held + credit_limit >= 1
      returning id, seq, asset, balance, held, credit_limit
    )
    insert into transfers (
      account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
      held_after, available_after, idempotency_key, fingerprint, actor, created_at
    )
    select moved.id, moved.seq, moved.id, s.id, moved.asset, 1, 'deduct', moved.balance, moved.held,
      moved.balance - moved.held + moved.credit_limit, ${key}, sha256('1'), 'pgbench',
      clock_timestamp()
    from moved join accounts s on s.system = 'revenue' and s.asset = moved.asset`
}

/** Such deducts through pgbench with 64 clients. */
export function pgbenchDeducts(
  url: string,
  { users, durationS }: { users: number; durationS: number },
): Promise<Seen> {
  const statement = deductSql(`'other-' || :user`, 'gen_random_uuid()::text')
  const script = `\\set user random(1, ${users})\n${statement.replaceAll('\n', ' ')};\n`
  return runPgbench(url, { script, durationS, clients: CLIENTS })
}

interface PgbenchOptions {
  script: string
  durationS: number
  clients: number
}

/** Transactions, each one run of the script. */
export async function runPgbench(
  url: string,
  { script, durationS, clients }: PgbenchOptions,
): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
  const file = join(folder, 'script.sql')
  writeFileSync(file, script)
  try {
    const threads = clients > 1 ? '2' : '1'
    const flags = ['-n', '-M', 'prepared', '-c', String(clients), '-j', threads, '-f', file]
    const log = ['-l', `--log-prefix=${join(folder, 'log')}`]
    const { stdout } = await run('pgbench', [...flags, ...log, '-T', String(durationS), url])
    const perSecond = Number(/tps = ([\d.]+) \(without/.exec(stdout)?.[1])
    return { perSecond, ...timesIn(folder) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** From the logs of pgbench's threads: the third field of a line is a transaction's time in µs. */
function timesIn(folder: string): Pick<Seen, 'p50Ms' | 'p99Ms'> {
  const took = readdirSync(folder)
    .filter((name) => name.startsWith('log'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => Number(line.split(' ')[2]) / 1_000)
  return percentiles(took)
}

function percentiles(ms: readonly number[]): Pick<Seen, 'p50Ms' | 'p99Ms'> {
  return { p50Ms: percentile(ms, 0.5), p99Ms: percentile(ms, 0.99) }
}

/** The same through postgres.js, where pgbench is not installed. */
export async function driverDeducts(
  url: string,
  options: { users: number; durationS: number },
): Promise<Seen> {
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'bench', connectionsMax: CLIENTS / 2 })
  const end = Date.now() + options.durationS * 1_000
  const took: number[] = []
  const client = async () => {
    while (Date.now() < end) {
      const user = `other-${1 + Math.floor(Math.random() * options.users)}`
      const begun = performance.now()
      await sql.unsafe(deductSql('$1', '$2'), [user, crypto.randomUUID()], { prepare: true })
      took.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS / 2 }, client))
  await sql.end()
  return { perSecond: took.length / options.durationS, ...percentiles(took) }
}
