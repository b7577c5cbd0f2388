import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import type { ErasureRow, Step } from '../privacy/row.ts'
import { PERSONAL_FIELDS } from './present.ts'

const FORGOTTEN = JSON.stringify(Object.fromEntries(PERSONAL_FIELDS.map((name) => [name, null])))

/** `data` with null in those of these fields that it has. */
const forgotten = (data: SQL) => sql`${data} || (
  select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(${FORGOTTEN}::jsonb)
  where ${data} ? key
)`

/**
 * Removes a user's name from stored events. The lock waits until events that are being numbered
 * under that name are stored. Events that are numbered later find the account closed.
 */
async function forgetEvents(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.accountId === null) return 0
  const subject = `acct_${row.accountId}`
  const after = row.after ?? '0'
  await tx.execute(sql`select from event_counter where id = 1 for update`)
  await tx.execute(sql`
    update event_outbox o set data = ${forgotten(sql`o.data`)} where o.subject = ${subject}`)
  const changed = await tx.execute<{ seq: string }>(sql`
    with page as (
      select seq from events where subject = ${subject} and seq > ${after}::bigint
      order by seq limit ${limit}::int
    ),
    done as (
      update events e set user_id = null, data = ${forgotten(sql`e.data`)}
      from page where e.seq = page.seq
    )
    select seq::text as seq from page order by page.seq`)
  row.after = changed.at(-1)?.seq ?? after
  return changed.length
}

/** The rows of running erasures contain these numbers, so they must not change. */
export const eventSteps: Readonly<Record<number, Step>> = { 14: forgetEvents }
