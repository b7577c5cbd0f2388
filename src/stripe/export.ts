import { Type } from '@sinclair/typebox'
import { asc, inArray } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { Timestamp } from '../http/schemas.ts'
import type { Pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { findEvents } from './personal-events.ts'
import { withoutSecrets } from './secrets.ts'
import { stripeEvents } from './tables.ts'

const EVENTS_PAGE = 100

const ExportedEvent = Type.Object({
  event_id: Type.String({ examples: ['evt_1Nk0PqL2eZvKYlo2'] }),
  type: Type.String({ examples: ['invoice.paid'] }),
  created_at: Timestamp,
  received_at: Timestamp,
  payload: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'As Stripe sent it, without secrets.',
    examples: [{ id: 'evt_1Nk0PqL2eZvKYlo2', object: 'event' }],
  }),
})

/** Stripe's events about a person, in the exports of customers and users. */
export const eventExports: readonly ExportPart[] = (['customer', 'account'] as const).map((of) => ({
  of,
  name: 'stripe_events',
  schema: Type.Array(ExportedEvent),
  read: (db, _whom, people) => exportedEvents(db, people),
  isLast: true,
}))

async function* exportedEvents(db: Database, people: readonly string[]): Pages {
  const ids = await findEvents(db, people)
  for (let from = 0; from < ids.length; from += EVENTS_PAGE) {
    const rows = await db
      .select()
      .from(stripeEvents)
      .where(inArray(stripeEvents.id, ids.slice(from, from + EVENTS_PAGE)))
      .orderBy(asc(stripeEvents.id))
    yield rows.map((row) => ({
      event_id: row.id,
      type: row.type,
      created_at: row.createdAt.toISOString(),
      received_at: row.receivedAt.toISOString(),
      payload: withoutSecrets(row.payload),
    }))
  }
}
