import { and, eq, ne, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Attempt } from '../jobs/registry.ts'
import { databaseErrorCode, isDatabaseUnavailable } from '../database/faults.ts'
import type { Database } from '../database/index.ts'
import { isCallerRefused, isStripeAway } from './client.ts'
import { forgetIfErased } from './personal-events.ts'
import { Refusal } from '../refusals/index.ts'
import { type IncomingEvent, OldAnswer } from './handler.ts'
import { UnreadableEvent } from './read.ts'
import { type EVENT_STATUSES, stripeEvents } from './tables.ts'

type EventRow = typeof stripeEvents.$inferSelect
type Status = (typeof EVENT_STATUSES)[number]

/**
 * An event that fails this often by its own fault is parked, about a minute and a half after its
 * arrival.
 */
const FAULTS_MAX = 5

/**
 * Applies a stored event. A fault that may pass (Stripe or the database is unavailable or answers
 * with old data, or Stripe refuses the API key) throws, and the queue tries again with growing
 * pauses. Any other fault is the event's own, and parks it when it has happened often enough.
 */
export async function applyEvent(
  app: FastifyInstance,
  id: string,
  { isLast }: Attempt,
): Promise<void> {
  const [row] = await app.db.select().from(stripeEvents).where(eq(stripeEvents.id, id))
  if (row === undefined || row.status !== 'pending') return
  try {
    const reason = await handle(app, row)
    await settle(app, row, reason === null ? 'applied' : 'ignored', reason)
  } catch (error) {
    if (!isLast && (mayPass(error) || (await countFault(app.db, id)) < FAULTS_MAX)) throw error
    app.log.error({ err: error, event: { id, type: row.type } }, 'A Stripe event is parked')
    await settle(app, row, 'parked', reasonOf(error))
  }
}

/** @returns why the event is ignored, or null */
async function handle(app: FastifyInstance, row: EventRow): Promise<string | null> {
  // A platform's endpoint may get the events of connected accounts as well, who write what is in them.
  if (typeof row.payload['account'] === 'string') return 'other account'
  if (row.livemode !== app.stripe().isLive) return 'other mode'
  const handler = app.stripeEvents.handlerOf(row.type)
  if (handler === undefined) return 'event type not handled'
  const event = incoming(row)
  return event === null ? 'without an object' : handler(app, event)
}

/** Null for a thin event, which has no object. */
function incoming(row: EventRow): IncomingEvent | null {
  const { data } = row.payload as {
    data?: { object?: unknown; previous_attributes?: unknown } | null
  }
  if (data?.object === undefined || data.object === null) return null
  const { id, type, createdAt } = row
  const previous = data.previous_attributes ?? null
  return { id, type, createdAt, object: data.object, previous }
}

async function settle(
  app: FastifyInstance,
  row: EventRow,
  status: Status,
  reason: string | null,
): Promise<void> {
  await app.db.transaction(async (tx) => {
    await forgetIfErased(tx, row.id)
    await tx
      .update(stripeEvents)
      .set({ status, reason, settledAt: sql`now()` })
      .where(and(eq(stripeEvents.id, row.id), ne(stripeEvents.status, 'applied')))
  })
  app.stripeEvents.settled(row.type, status)
}

function mayPass(error: unknown): boolean {
  if (error instanceof Refusal) return error.statusCode === 503
  if (isStripeAway(error) || isCallerRefused(error)) return true
  return error instanceof OldAnswer || isDatabaseUnavailable(error)
}

/**
 * Counts the event's own faults apart from attempts: an outage may take many attempts, and leaves the
 * event as many tries as another one.
 * @returns how many there are
 */
async function countFault(db: Database, id: string): Promise<number> {
  const [row] = await db
    .update(stripeEvents)
    .set({ faults: sql`${stripeEvents.faults} + 1` })
    .where(eq(stripeEvents.id, id))
    .returning({ faults: stripeEvents.faults })
  return row?.faults ?? FAULTS_MAX
}

/** A reason for operators: a code or our own message, never a message that may quote data. */
function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.code
  if (error instanceof UnreadableEvent) return error.message
  return databaseErrorCode(error) ?? (error instanceof Error ? error.constructor.name : 'unknown')
}
