import assert from 'node:assert/strict'
import type postgres from 'postgres'
import { type TestDatabase, asAdmin } from './database.ts'

/**
 * The number of rows of every table, except those written behind the requests: the log, whose entries
 * are already counted in `audit_records`, the events made of them, and calls by key.
 */
export function countRows(database: TestDatabase): Promise<Record<string, number>> {
  return asAdmin(database.adminUrl, async (sql) => (await rowCounter(sql))())
}

/** The same on a connection that stays open, for repeated counts. */
export async function rowCounter(
  sql: postgres.Sql,
): Promise<() => Promise<Record<string, number>>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in
      ('audit_queue', 'audit_places', 'audit_terms', 'audit_tiles', 'audit_checkpoints', 'api_key_calls',
        'events', 'event_counter', 'webhook_deliveries')
    order by 1`
  assert.ok(tables.length > 0, 'there are tables to count')
  const counts = tables.map(({ name }) => {
    // A customer's row is created at its first report, whatever the report's outcome.
    const which = name === 'usage_allowances' ? 'where value_count + name_count > 0' : ''
    return `(select count(*)::int from ${name} ${which}) as ${name}`
  })
  const statement = `select ${counts.join(', ')}`
  return async () => {
    const [row] = await sql.unsafe<Record<string, number>[]>(statement)
    return { ...row }
  }
}

/** All rows of all tables, as text, but for the log, and for when keys and tokens were used. */
export async function stateOf(database: TestDatabase): Promise<Record<string, string[]>> {
  const tables = await query<{ name: string }[]>(
    database,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'
       and table_name not like 'audit\\_%' and table_name <> 'api_key_calls'
     order by 1`,
  )
  const state: Record<string, string[]> = {}
  for (const { name } of tables) {
    const rows = await query<{ row: string }[]>(
      database,
      `select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t order by 1`,
    )
    state[name] = rows.map(({ row }) => row)
  }
  return state
}

/** Rows of a test's database, read without the service. */
export function query<T extends readonly postgres.Row[]>(
  database: TestDatabase,
  statement: string,
  parameters: (string | number)[] = [],
): Promise<T> {
  return asAdmin(
    database.adminUrl,
    async (sql) => [...(await sql.unsafe(statement, parameters))] as unknown as T,
  )
}

/** Fails if `work` changes the number of rows of any table. */
export async function assertNothingWritten(
  database: TestDatabase,
  work: () => Promise<void>,
): Promise<void> {
  const before = await countRows(database)
  await work()
  assert.deepEqual(await countRows(database), before)
}

/** From here on the service can't write the audit log. */
export async function closeAuditLog(database: TestDatabase): Promise<void> {
  await query(database, 'revoke insert on audit_records from strongroom_test')
}
