import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { stripeEvents } from './tables.ts'

/** The end of the year 9999. */
const CREATED_MS_MAX = 253_402_300_799_999

/** The envelope of a Stripe event; its content is read by the handler of its type. */
const StripeEvent = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255 }),
  type: Type.String({ minLength: 1, maxLength: 255 }),
  // Seconds, or in a thin event RFC 3339.
  created: Type.Union([Type.Integer(), Type.String()]),
  livemode: Type.Boolean(),
  api_version: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

export type StripeEventRow = Pick<
  typeof stripeEvents.$inferSelect,
  'id' | 'type' | 'livemode' | 'apiVersion' | 'createdAt' | 'payload'
>

/** The event in a signed body; null if there is none. */
export function parseEvent(body: Buffer): StripeEventRow | null {
  let payload: unknown
  try {
    payload = storable(JSON.parse(body.toString('utf8')))
  } catch {
    return null
  }
  if (!Value.Check(StripeEvent, payload)) return null
  const { created } = payload
  const createdAt = new Date(typeof created === 'number' ? created * 1_000 : created)
  // The database can't read years beyond this.
  if (!(createdAt.getTime() >= 0 && createdAt.getTime() <= CREATED_MS_MAX)) return null
  return {
    id: payload.id,
    type: payload.type,
    livemode: payload.livemode,
    apiVersion: payload.api_version ?? null,
    createdAt,
    payload,
  }
}

/**
 * PostgreSQL can't store NUL or half a surrogate pair, so they become the replacement character. If
 * the event were refused, Stripe would send it again for days.
 */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').toWellFormed()
  if (Array.isArray(value)) return value.map(storable)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.map(([key, inner]) => [storable(key), storable(inner)]))
}
