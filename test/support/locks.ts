import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../../src/plugins/database/hosts.ts'
import { eventually } from './processes.ts'
import type { Service } from './service.ts'
import { query } from './tables.ts'

/** Holds what a statement locks until it is told to let go. */
export async function lock(t: Pick<TestContext, 'after'>, service: Service, statement: string) {
  const sql = postgres(service.database.adminUrl, {
    ...socketHost(service.database.adminUrl),
    max: 1,
    onnotice: () => undefined,
  })
  t.after(() => sql.end({ timeout: 1 }))
  await sql.unsafe('begin')
  await sql.unsafe(statement)
  return { release: () => sql.unsafe('rollback') }
}

/** Until nothing is under way in the database any more: what would still happen has happened. */
export async function settled(service: Service): Promise<void> {
  const isQuiet = async () => {
    const [row] = await query(
      service.database,
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    )
    return row?.['count'] === 0
  }
  assert.ok(await eventually(isQuiet, 30_000))
  // What waited in the process goes to the database now.
  await delay(500)
  assert.ok(await eventually(isQuiet, 30_000))
}
