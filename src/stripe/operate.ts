import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { ADD_JOB } from './store.ts'
import { type EVENT_STATUSES, stripeEvents } from './tables.ts'

type Status = (typeof EVENT_STATUSES)[number]

const LIST_MAX = 100

export type EventSummary = Pick<
  typeof stripeEvents.$inferSelect,
  'id' | 'type' | 'status' | 'reason' | 'receivedAt'
>

/** The newest stored events, at most 100, optionally of one status or from before a time. */
export function listEvents(
  db: Database,
  filter: { status?: Status; before?: Date } = {},
): Promise<EventSummary[]> {
  const { id, type, status, reason, receivedAt } = stripeEvents
  return db
    .select({ id, type, status, reason, receivedAt })
    .from(stripeEvents)
    .where(
      and(
        filter.status && eq(status, filter.status),
        filter.before && lt(receivedAt, filter.before),
      ),
    )
    .orderBy(desc(receivedAt), desc(id))
    .limit(LIST_MAX)
}

/**
 * Applies a stored event again, whatever became of it. What it has done already is not done twice.
 * @throws Refusal `NOT_FOUND`
 */
export async function replayEvent(db: Database, actor: Actor, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .update(stripeEvents)
      .set({ status: 'pending', reason: null, settledAt: null })
      .where(eq(stripeEvents.id, id))
      .returning({ type: stripeEvents.type })
    if (row === undefined) throw new Refusal('NOT_FOUND')
    await recordAudit(tx, actor, {
      event: 'stripe.event_replayed',
      subject: id,
      metadata: { type: row.type },
    })
    await tx.execute(sql`select ${sql.raw(ADD_JOB)} from stripe_events where id = ${id}`)
  })
}

/** One line for an event. */
export function describeEvent({ id, type, status, reason, receivedAt }: EventSummary): string {
  const cells = [receivedAt.toISOString(), id, type, status, ...(reason === null ? [] : [reason])]
  return `${cells.join('  ')}\n`
}
