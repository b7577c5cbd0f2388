import type { TestContext } from 'node:test'
import postgres from 'postgres'
import { socketHost } from '../../src/plugins/database/hosts.ts'
import type { TestDatabase } from './database.ts'
import { eventually } from './processes.ts'
import { query } from './tables.ts'

/** Holds what a statement locks until it is told to let go, as another's open transaction does. */
export async function lockRows(
  t: Pick<TestContext, 'after'>,
  { adminUrl }: TestDatabase,
  statement: string,
): Promise<{ release(): Promise<unknown> }> {
  const sql = postgres(adminUrl, {
    ...socketHost(adminUrl),
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'holder' },
  })
  t.after(() => sql.end({ timeout: 1 }))
  await sql.unsafe('begin')
  await sql.unsafe(statement)
  return { release: () => sql.unsafe('rollback') }
}

/** Whether so many connections of the database come to wait for a lock. */
export function waitForLocks(database: TestDatabase, count = 1): Promise<boolean> {
  return eventually(async () => {
    const [row] = await query<{ waiting: number }[]>(
      database,
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return (row?.waiting ?? 0) >= count
  }, 15_000)
}
