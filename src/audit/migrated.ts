import type { Database } from '../database/index.ts'
import { VERSION } from '../package/version.ts'
import { type Actor, type AuditEntry, recordAudit } from './record.ts'

declare module './record.ts' {
  interface AuditEvents {
    'schema.migrated': true
  }
}

/** That the schema was brought up to date, by so many migrations; nothing where it was. */
export function migrationEntries(count: number): AuditEntry[] {
  const metadata = { migrations: count, version: VERSION }
  return count === 0 ? [] : [{ event: 'schema.migrated', subject: 'schema', metadata }]
}

/** Who has done so. The first migrations make the audit log, so the record comes after them. */
export async function recordMigrations(db: Database, actor: Actor, count: number): Promise<void> {
  const entries = migrationEntries(count)
  if (entries.length > 0) await db.transaction((tx) => recordAudit(tx, actor, ...entries))
}
