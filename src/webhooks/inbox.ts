import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Database } from '../plugins/database/index.ts'
import { stripeEvents } from './tables.ts'

/** The envelope of a Stripe event; what is inside is read by whoever handles its type. */
const StripeEvent = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255 }),
  type: Type.String({ minLength: 1, maxLength: 255 }),
  // Seconds, or in a thin event RFC 3339.
  created: Type.Union([Type.Integer({ minimum: 0, maximum: 253_402_300_799 }), Type.String()]),
  livemode: Type.Boolean(),
  api_version: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

export type StripeEventRow = typeof stripeEvents.$inferInsert

/**
 * The event in a signed body; null if there is none. PostgreSQL can not store the character NUL, so
 * it becomes the replacement character: refusing the event would make Stripe send it for days.
 */
export function parseEvent(body: Buffer): StripeEventRow | null {
  let payload: unknown
  try {
    payload = JSON.parse(body.toString('utf8'), (_key, value: unknown) =>
      typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value,
    )
  } catch {
    return null
  }
  if (!Value.Check(StripeEvent, payload)) return null
  const { created } = payload
  const createdAt = new Date(typeof created === 'number' ? created * 1_000 : created)
  if (Number.isNaN(createdAt.getTime())) return null
  return {
    id: payload.id,
    type: payload.type,
    livemode: payload.livemode,
    apiVersion: payload.api_version ?? null,
    createdAt,
    payload,
  }
}

/** Stripe repeats events until they are answered: the id makes each count once. */
export async function storeEvent(db: Database, event: StripeEventRow): Promise<void> {
  await db.insert(stripeEvents).values(event).onConflictDoNothing()
}
