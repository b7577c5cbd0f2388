import { type SQL, and, desc, eq, lt, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import { array } from '../database/arrays.ts'
import type { Database } from '../database/index.ts'
import type { Personal } from '../privacy/personal.ts'
import { Refusal } from '../refusals/index.ts'
import { ADD_JOB } from './store.ts'
import { withoutPersonalData } from './personal-content.ts'
import { type ShownStatus, type StoredStatus, shownStatus, storedStatus } from './event-status.ts'
import { stripeEvents } from './tables.ts'

const LIST_MAX = 100

export type EventSummary = Pick<
  typeof stripeEvents.$inferSelect,
  'id' | 'type' | 'reason' | 'receivedAt'
> & {
  status: ShownStatus
  /** Stripe's id of the customer that the event is about. */
  stripeCustomerId: string | null
  /** How often applying it was tried; null if no job waits for it. */
  attempts: number | null
  /** Why the last try failed. */
  lastError: string | null
}

/** The newest stored events, at most 100, optionally of one status or from before a time. */
export async function listEvents(
  db: Database,
  filter: { status?: ShownStatus; before?: Date } = {},
): Promise<EventSummary[]> {
  const { id, type, status, reason, receivedAt, payload } = stripeEvents
  const job = sql`select * from graphile_worker.jobs where key = 'stripe_event ' || ${id}`
  const rows = await db
    .select({
      id,
      type,
      status,
      reason,
      receivedAt,
      stripeCustomerId: sql<string | null>`${payload} #>> '{data,object,customer}'`,
      attempts: sql<number | null>`(select attempts from (${job}) as job)`,
      lastError: sql<
        string | null
      >`(select split_part(last_error, E'\\n', 1) from (${job}) as job)`,
    })
    .from(stripeEvents)
    .where(
      and(
        filter.status && eq(status, storedStatus(filter.status)),
        filter.before && lt(receivedAt, filter.before),
      ),
    )
    .orderBy(desc(receivedAt), desc(id))
    .limit(LIST_MAX)
  return rows.map((row) => ({ ...row, status: shownStatus(row.status) }))
}

const EVENT = {
  id: stripeEvents.id,
  type: stripeEvents.type,
  status: stripeEvents.status,
  reason: stripeEvents.reason,
  livemode: stripeEvents.livemode,
  apiVersion: stripeEvents.apiVersion,
  createdAt: stripeEvents.createdAt,
  receivedAt: stripeEvents.receivedAt,
  settledAt: stripeEvents.settledAt,
  objectId: sql<string | null>`${stripeEvents.payload} #>> '{data,object,id}'`,
}

export type EventRow = Omit<typeof stripeEvents.$inferSelect, 'payload' | 'faults'> & {
  objectId: string | null
}

/**
 * How many events a page looks through for those that match what no index knows. A page may
 * therefore have fewer than it could, and still say where the next one begins.
 */
export const WALK_MAX = 5_000

export interface EventFilter {
  status: StoredStatus | undefined
  type: string | undefined
  /** Events about this customer, by our id or by Stripe's ids of the customer and its subscriptions. */
  customerId: string | undefined
}

/**
 * A page of the inbox, newest first.
 * @param after where the page before ended: a time of receipt in milliseconds, and an id
 * @returns the events, and where the page ends; null if nothing follows
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export function pageOfEvents(
  db: Database,
  personal: Personal,
  filter: EventFilter,
  limit: number,
  after: string | null,
): Promise<{ rows: EventRow[]; end: string | null }> {
  const { customerId } = filter
  return db.transaction(async (tx) => {
    const people =
      customerId === undefined ? null : await personal.namesOf(tx, { customerId, accountId: null })
    const way = wayOf(filter, people?.ids ?? null, after)
    const rows = await pageQuery(tx, way, limit)
    const shown = rows.slice(0, limit)
    const isKnown = rows.length > limit || way.besides.length === 0
    const [last] = isKnown ? shown.slice(-1) : await endQuery(tx, way)
    const isEnd = last === undefined || (isKnown && rows.length <= limit)
    return { rows: shown, end: isEnd ? null : `${last.receivedAt.getTime()} ${last.id}` }
  })
}

/** The index gives what is walked along, in order; the rest is looked at in the rows. */
interface EventWay {
  along: (SQL | undefined)[]
  besides: (SQL | undefined)[]
}

export function wayOf(
  { status, type }: Omit<EventFilter, 'customerId'>,
  people: readonly string[] | null,
  after: string | null,
): EventWay {
  const { id, receivedAt } = stripeEvents
  const isOpen = status === 'pending' || status === 'parked'
  const [ms = '', lastId = ''] = after?.split(' ') ?? []
  const along = [
    // Found first, because the planner can't tell how few they are, and might walk for them.
    people === null
      ? undefined
      : sql`${id} = any (array(
          select e.id from stripe_events e where people_in(e.payload) && ${array(people)}::text[]))`,
    // As the index of the few open ones has it.
    isOpen ? sql`status = ${sql.raw(`'${status}'`)}` : undefined,
    after === null
      ? undefined
      : sql`(${receivedAt}, ${id})
          < (${new Date(Number(ms)).toISOString()}::timestamptz, ${lastId})`,
  ]
  const besides = [
    ...(status === undefined || isOpen ? [] : [sql`status = ${status}`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
  ]
  return { along, besides }
}

const NEWEST_FIRST = sql`received_at desc, id desc`

/** One row more than the page has. */
export function pageQuery(
  db: Pick<Database, 'select'>,
  { along, besides }: EventWay,
  limit: number,
) {
  const walked = db
    .select()
    .from(stripeEvents)
    .where(and(...along))
    .orderBy(NEWEST_FIRST)
    .limit(besides.length === 0 ? limit + 1 : WALK_MAX)
    .as('walked')
  const { id, type, status, reason, livemode, apiVersion } = walked
  const { createdAt, receivedAt, settledAt, payload } = walked
  const objectId = sql<string | null>`${payload} #>> '{data,object,id}'`
  const times = { createdAt, receivedAt, settledAt }
  return db
    .select({ id, type, status, reason, livemode, apiVersion, ...times, objectId })
    .from(walked)
    .where(and(...besides))
    .orderBy(NEWEST_FIRST)
    .limit(limit + 1)
}

/** The last event of a walk that goes no further; none where the inbox ends before. */
export function endQuery(db: Pick<Database, 'select'>, { along }: EventWay) {
  const { id, receivedAt } = stripeEvents
  return db
    .select({ id, receivedAt })
    .from(stripeEvents)
    .where(and(...along))
    .orderBy(NEWEST_FIRST)
    .offset(WALK_MAX - 1)
    .limit(1)
}

/** @throws Refusal `NOT_FOUND` */
export async function findEvent(
  db: Database,
  id: string,
): Promise<EventRow & { payload: Record<string, unknown> }> {
  const { payload } = stripeEvents
  // Of people whose erasure has not come to this event yet.
  const forgotten = sql<string[] | null>`(
    select array_agg(word) from erasures cross join unnest(forgotten) as word
    where people_in(${payload}) && people
  )`
  const [row] = await db
    .select({ ...EVENT, payload, forgotten })
    .from(stripeEvents)
    .where(eq(stripeEvents.id, id))
  if (row === undefined) throw noEvent(id)
  const { forgotten: texts, ...event } = row
  if (texts === null) return event
  return { ...event, payload: withoutPersonalData(event.payload, new Set(texts)) }
}

/**
 * Applies a stored event again, whatever its status. What it has already done is not done twice.
 * @throws Refusal `NOT_FOUND`
 */
export async function replayEvent(db: Database, actor: Actor, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(stripeEvents)
      .set({ status: 'pending', reason: null, settledAt: null, faults: 0 })
      .where(eq(stripeEvents.id, id))
      .returning({ type: stripeEvents.type })
    if (row === undefined) throw noEvent(id)
    await recordAudit(tx, actor, {
      event: 'stripe.event_replayed',
      subject: id,
      metadata: { type: row.type },
    })
    await tx.execute(sql`select ${sql.raw(ADD_JOB)} from stripe_events where id = ${id}`)
  })
}

/** The answer repeats the given id only if it looks like one. */
function noEvent(id: string): Refusal {
  const isPlain = /^[A-Za-z0-9_]{1,64}$/.test(id)
  return new Refusal('NOT_FOUND', isPlain ? { message: `No event ${id}` } : {})
}

/** One line about an event. */
export function describeEvent(event: EventSummary): string {
  const { id, type, status, receivedAt, stripeCustomerId, attempts } = event
  const tried = attempts === null || attempts === 0 ? [] : [`tried ${attempts}x`]
  const reason = event.reason ?? event.lastError
  const cells = [receivedAt.toISOString(), id, type, status, stripeCustomerId ?? '-', ...tried]
  return `${[...cells, ...(reason === null ? [] : [reason])].join('  ')}\n`
}
