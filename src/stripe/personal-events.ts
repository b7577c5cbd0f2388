import { sql } from 'drizzle-orm'
import { array, column, jsonColumn } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import { withoutPersonalData } from './personal-content.ts'

/** An arbitrary constant, different from those of other advisory locks. */
const LOCK_KEY = 5_746_104
interface StoredEvent {
  id: string
  payload: Record<string, unknown>
}

/** Drizzle requires rows with an index signature, which interfaces lack. */
type Row<T> = Pick<T, keyof T>

/**
 * Call this first in a transaction that both erases a person and looks for events. Events are settled
 * under the same lock, shared: either before the erasure, or with the erasure visible.
 */
export async function holdSettling(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_KEY})`)
}

/**
 * Removes personal data from a page of the stored events that name any of these people, whatever the
 * events' status. Call it when the erasure is committed, or after `holdSettling`: an event that is
 * stored later is settled with the erasure visible.
 * @param people as `people_in` finds them in an event: ids, and email addresses in lower case
 * @param forgotten the texts among them that must be removed everywhere
 * @returns the ids of the events, in order; fewer than `limit` on the last page
 */
export async function forgetEvents(
  tx: Transaction,
  people: readonly string[],
  forgotten: ReadonlySet<string>,
  page: { after: string; limit: number },
): Promise<string[]> {
  // Locked, because a process that settles one of them may write to it as well.
  const events = await tx.execute<Row<StoredEvent>>(sql`
    select id, payload from stripe_events
    where people_in(payload) && ${array(people)}::text[] and id > ${page.after}
    order by id limit ${page.limit} for update`)
  await writeContent(tx, events, forgotten)
  return events.map(({ id }) => id)
}

/** The ids, in order, of stored events that name any of these people. */
export async function findEvents(
  db: Pick<Database, 'execute'>,
  people: readonly string[],
): Promise<string[]> {
  const found = await db.execute<{ id: string }>(sql`
    select id from stripe_events where people_in(payload) && ${array(people)}::text[]`)
  return found.map(({ id }) => id).toSorted()
}

/**
 * Ignores the events to which a customer's erasure leaves nothing to do, so that they are not tried
 * again.
 */
export async function ignoreEvents(tx: Transaction, people: readonly string[]): Promise<void> {
  // In the order in which `forgetEvents` locks them.
  const events = await tx.execute<{ id: string }>(sql`
    select id from stripe_events
    where status in ('pending', 'parked') and people_in(payload) && ${array(people)}::text[]
    order by id for update`)
  await tx.execute(sql`
    update stripe_events set status = 'ignored', reason = 'customer erased', settled_at = now()
    where id = any(${array(events.map(({ id }) => id))}::text[])`)
}

/**
 * Removes personal data from an event that has just been settled, if it concerns a person who was
 * erased before it arrived.
 */
export async function forgetIfErased(tx: Transaction, eventId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${LOCK_KEY})`)
  await tx.execute(sql`select from stripe_events where id = ${eventId} for update`)
  const found = await tx.execute<Row<StoredEvent & { person: string; isCustomer: boolean }>>(sql`
    select * from (
      select e.id, e.payload, person,
        exists (select from erased_stripe_customers where digest = erased_digest(person))
          or exists (select from customers c where c.id = person and c.erased_at is not null)
          as "isCustomer",
        exists (
          select from accounts a where a.status = 'closed' and (
            a.id = substring(person from '^acct_([0-9]{1,18})$')::bigint
            or a.id = (select account_id from stripe_payments p where p.id = person)
          )
        ) as "isAccount"
      from stripe_events e cross join unnest(people_in(e.payload)) as person
      where e.id = ${eventId}
    ) named where "isCustomer" or "isAccount"`)
  const [event] = found
  if (event === undefined) return
  const customers = found.filter(({ isCustomer }) => isCustomer)
  await writeContent(tx, [event], new Set(customers.map(({ person }) => person)))
}

async function writeContent(
  tx: Transaction,
  events: readonly StoredEvent[],
  forgotten: ReadonlySet<string>,
): Promise<void> {
  await tx.execute(sql`
    update stripe_events set payload = new.payload
    from unnest(
      ${column(events, (event) => event.id)}::text[],
      ${jsonColumn(events, (event) => withoutPersonalData(event.payload, forgotten))}::jsonb[]
    ) as new (id, payload)
    where stripe_events.id = new.id and stripe_events.payload <> new.payload`)
}
