import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import type { ErasureRow, Step } from '../privacy/row.ts'

/** Fields of `data` that the owner of an account has named, or that lead to a payment. */
const PERSONAL = JSON.stringify({ action_url: null, budget_id: null })

/** `data` with nothing in these fields, as far as it has them. */
const forgotten = (data: SQL) => sql`${data} || (
  select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(${PERSONAL}::jsonb)
  where ${data} ? key
)`

/**
 * Takes a user's name out of stored events. The lock waits for events that are being numbered under
 * that name; those that are numbered later find the account closed.
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

/** The numbers are stored in the rows of running erasures. */
export const eventSteps: Readonly<Record<number, Step>> = { 14: forgetEvents }
