import type postgres from 'postgres'
import { column, jsonColumn } from '../database/arrays.ts'
import { randomBase62 } from '../encoding/ids.ts'
import type { EventDraft } from './types.ts'

/** Finds the current user and asset of accounts by their subjects; the user is null once erased. */
export type NameSubjects = (
  tx: postgres.Sql,
  subjects: readonly string[],
) => Promise<ReadonlyMap<string, { userId: string | null; asset: string }>>

const ID_LENGTH = 20

/**
 * Numbers events and stores them, in a transaction after that of their acts. The lock of the
 * counter keeps the numbers in the order of commits and without gaps. An erasure takes the same
 * lock. The names are read under it, so that no name is stored after it was erased.
 */
export async function numberEvents(
  tx: postgres.Sql,
  drafts: readonly EventDraft[],
  nameSubjects: NameSubjects,
): Promise<void> {
  const subjects = new Set(drafts.map(({ subject }) => subject))
  const [[counter], names] = await Promise.all([
    tx<{ last: bigint }[]>`
      update event_counter set last = last + ${drafts.length}::int where id = 1 returning last`,
    nameSubjects(tx, [...subjects]),
  ])
  if (counter === undefined) throw new Error('The row of the event counter is missing')
  const first = counter.last - BigInt(drafts.length) + 1n
  const rows = drafts.map((draft, index) => {
    const name = names.get(draft.subject)
    const data = name === undefined ? draft.data : { asset: name.asset, ...draft.data }
    return { ...draft, seq: first + BigInt(index), userId: name?.userId ?? null, data }
  })
  await tx`
    insert into events (
      seq, id, type, timestamp, subject, user_id, data, endpoint_id, log_index, log_size, numbered_at
    )
    select new.*, greatest(
      date_trunc('milliseconds', clock_timestamp()),
      (select numbered_at from events order by seq desc limit 1)
    )
    from unnest(
      ${column(rows, ({ seq }) => seq)}::bigint[],
      ${column(rows, () => `evt_${randomBase62(ID_LENGTH)}`)}::text[],
      ${column(rows, ({ type }) => type)}::text[],
      ${column(rows, ({ timestamp }) => timestamp)}::timestamptz[],
      ${column(rows, ({ subject }) => subject)}::text[],
      ${column(rows, ({ userId }) => userId)}::text[],
      ${jsonColumn(rows, ({ data }) => data)}::jsonb[],
      ${column(rows, ({ endpointId }) => endpointId ?? null)}::bigint[],
      ${column(rows, ({ log }) => (log === undefined ? null : BigInt(log.index)))}::bigint[],
      ${column(rows, ({ log }) => (log === undefined ? null : BigInt(log.size)))}::bigint[]
    ) as new`
}

const OUTBOX_MAX = 500

/**
 * Numbers the events that wait in the outbox, oldest first.
 * @returns whether there may be more
 */
export async function drainOutbox(sql: postgres.Sql, nameSubjects: NameSubjects): Promise<boolean> {
  // Most rounds find nothing. Looking first saves them a transaction.
  const [waiting] = await sql`select from event_outbox limit 1`
  if (waiting === undefined) return false
  return sql.begin<Promise<boolean>>(async (transaction) => {
    const tx = transaction as unknown as postgres.Sql
    // This lock lets one process at a time drain the outbox, which keeps its order.
    await tx`select from event_counter where id = 1 for update`
    const rows = await tx<(EventDraft & { id: bigint })[]>`
      delete from event_outbox where id = any(array(
        select id from event_outbox order by id limit ${OUTBOX_MAX}::int
      ))
      returning id, type, timestamp, subject, data, endpoint_id as "endpointId"`
    const drafts = rows.toSorted((a, b) => Number(a.id - b.id))
    if (drafts.length > 0) await numberEvents(tx, drafts, nameSubjects)
    return rows.length === OUTBOX_MAX
  })
}
