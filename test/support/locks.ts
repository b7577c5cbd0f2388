import postgres from 'postgres'
import { socketHost } from '../../src/plugins/database/hosts.ts'
import type { TestDatabase } from './database.ts'

/**
 * Locks rows as somebody's open transaction does.
 * @param rows a query `… for update`
 * @returns what ends the transaction
 */
export async function lockRows(database: TestDatabase, rows: string): Promise<() => Promise<void>> {
  const url = database.adminUrl
  const sql = postgres(url, { ...socketHost(url), max: 1, onnotice: () => undefined })
  await sql.unsafe('begin')
  const locked = await sql.unsafe(rows)
  if (locked.length === 0) throw new Error('There was nothing to lock')
  return async () => {
    await sql.unsafe('rollback')
    await sql.end({ timeout: 5 })
  }
}
