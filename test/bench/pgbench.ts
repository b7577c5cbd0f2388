import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '../../src/database/connect.ts'

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

/** Deducts a second through pgbench with 64 clients. */
export async function pgbenchDeducts(
  url: string,
  options: { users: number; durationS: number },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
  const file = join(folder, 'deduct.sql')
  const sql = deductSql(`'user-' || :user`, 'gen_random_uuid()::text').replaceAll('\n', ' ')
  writeFileSync(file, `\\set user random(1, ${options.users})\n${sql};\n`)
  try {
    const flags = ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '2', '-f', file]
    const { stdout } = await run('pgbench', [...flags, '-T', String(options.durationS), url])
    return Number(/tps = ([\d.]+) \(without/.exec(stdout)?.[1])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The same through postgres.js, where pgbench is not installed. */
export async function driverDeducts(
  url: string,
  options: { users: number; durationS: number },
): Promise<number> {
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'bench', connectionsMax: CLIENTS / 2 })
  const end = Date.now() + options.durationS * 1_000
  let count = 0
  const client = async () => {
    while (Date.now() < end) {
      const user = `user-${1 + Math.floor(Math.random() * options.users)}`
      await sql.unsafe(deductSql('$1', '$2'), [user, crypto.randomUUID()], { prepare: true })
      count++
    }
  }
  await Promise.all(Array.from({ length: CLIENTS / 2 }, client))
  await sql.end()
  return count / options.durationS
}
