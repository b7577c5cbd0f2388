import type postgres from 'postgres'
import { listRecords } from '../audit/list.ts'
import { transferSource } from '../funds/log-source.ts'
import type { LogRecord } from '../audit/records.ts'

/** The newest ones; `GET /api/audit?actor=…` has the rest. */
const RECORDS_MAX = 1_000

export interface Acts {
  actor: string
  records: LogRecord[]
  more: boolean
}

/** The records of an actor's acts, newest first. */
export async function recordsOf(sql: postgres.Sql, actor: string): Promise<Acts> {
  const none = { event: undefined, subjects: undefined, from: undefined, to: undefined }
  const page = { limit: RECORDS_MAX, before: null }
  const { records, end } = await listRecords(sql, transferSource, { ...none, actor }, page)
  return { actor, records, more: end !== null }
}

export function describeActs({ actor, records, more }: Acts): string {
  if (records.length === 0) return `The audit log has nothing that ${actor} did.\n`
  const counts = new Map<string, number>()
  for (const { event } of records) counts.set(event, (counts.get(event) ?? 0) + 1)
  const sums = [...counts].map(([event, count]) => `${event} ${count}`).join(', ')
  const lines = records.map(
    ({ timestamp, event, subject, ip }) => `${timestamp}  ${event}  ${subject}  ${ip ?? '-'}\n`,
  )
  const rest = more ? `Older ones: GET /api/audit?actor=${actor}\n` : ''
  return `What ${actor} did, newest first: ${sums}.\n${lines.join('')}${rest}`
}
