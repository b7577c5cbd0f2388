import { inArray } from 'drizzle-orm'
import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import type { Database } from '../database/index.ts'
import { auditPersonal } from './tables.ts'

interface Committed {
  ip: string | null
  /** Null for a row that stands for a batch of records whose content a source has. */
  metadata: Record<string, unknown> | null
}

/** Looks up values by their commitments. */
export type Values = (
  commitments: readonly string[],
) => Promise<readonly { commitment: string; value: string }[]>

/** Values about a person whose erasure goes on count as erased. */
export function valuesIn(sql: postgres.Sql): Values {
  return (commitments) => sql<{ commitment: string; value: string }[]>`
    select commitment, value from audit_personal
    where commitment = any(${array(commitments)}::text[]) and not exists (
      select from erasures where subject = customer_id or subject = 'acct_' || account_id
    )`
}

export function valuesInDatabase(db: Database): Values {
  return (commitments) =>
    db
      .select()
      .from(auditPersonal)
      .where(inArray(auditPersonal.commitment, [...commitments]))
}

/** Replaces commitments in records by their values where these are still kept. */
export async function showValues<T extends Committed>(
  valuesOf: Values,
  records: readonly T[],
): Promise<T[]> {
  const commitments = records
    .flatMap(({ ip, metadata }) => [ip, ...Object.values(metadata ?? {})])
    .filter((one) => typeof one === 'string')
    .filter((one) => one.startsWith('sha256:'))
  if (commitments.length === 0) return [...records]
  const rows = await valuesOf(commitments)
  const values = new Map(rows.map(({ commitment, value }) => [commitment, value]))
  const shown = (one: unknown) => (typeof one === 'string' ? (values.get(one) ?? one) : one)
  return records.map((record) => ({
    ...record,
    ip: record.ip === null ? null : (values.get(record.ip) ?? record.ip),
    metadata:
      record.metadata &&
      Object.fromEntries(
        Object.entries(record.metadata).map(([name, value]) => [name, shown(value)]),
      ),
  }))
}
