import { sql } from 'drizzle-orm'
import type postgres from 'postgres'
import type { Database } from '../../database/index.ts'
import { type Actor, recordAudit } from '../record.ts'
import { logSize } from '../sequencer.ts'
import { type LogSettings, WrongLog } from './identity.ts'
import { noteKey, vkeyOf } from './note.ts'
import { readRow } from './row.ts'

declare module '../record.ts' {
  interface AuditEvents {
    'audit.forked': true
  }
}

export interface Fork {
  from: { origin: string; vkey: string }
  to: { origin: string; vkey: string }
  /** How many records the database has, and how many are known outside it; null if unknown. */
  size: number
  knownSize: number | null
}

/**
 * Returns what `forkLog` would do.
 * @throws WrongLog unless the settings have both a new key and a new name
 */
export async function plannedFork(
  client: postgres.Sql,
  { key, origin }: LogSettings,
): Promise<Fork> {
  const row = await readRow(client)
  if (row.origin === null || row.vkey === null) {
    throw new WrongLog(
      'This log was never published, so it needs no fork: set AUDIT_LOG_KEY_PATH and ' +
        'AUDIT_LOG_ORIGIN, and start the service',
    )
  }
  const needs = 'a fork needs a new AUDIT_LOG_KEY_PATH and a new AUDIT_LOG_ORIGIN'
  if (key === undefined || origin === undefined) throw new WrongLog(`Both must be set: ${needs}`)
  if (origin === row.origin) throw new WrongLog(`The log is still named ${origin}: ${needs}`)
  const sameKey = vkeyOf(await noteKey(row.origin, key)) === row.vkey
  if (sameKey) throw new WrongLog(`The key is still that of ${row.origin}: ${needs}`)
  return {
    from: { origin: row.origin, vkey: row.vkey },
    to: { origin, vkey: vkeyOf(await noteKey(origin, key)) },
    size: await logSize(client),
    knownSize: row.behindSize,
  }
}

/**
 * Begins another log with the records that the database has, under a new name and key, and records
 * that.
 */
export async function forkLog(
  db: Database,
  actor: Actor,
  { from, to, size, knownSize }: Fork,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      update published_log set origin = ${to.origin}, vkey = ${to.vkey}, size = null, note = null,
        published_at = null, has_quorum = null, behind_at = null, behind_size = null,
        behind_source = null, leased_to = null, leased_until = null`)
    const metadata = {
      from_origin: from.origin,
      from_vkey: from.vkey,
      to_origin: to.origin,
      to_vkey: to.vkey,
      size,
      known_size: knownSize,
    }
    await recordAudit(tx, actor, { event: 'audit.forked', subject: 'log', metadata })
  })
}
