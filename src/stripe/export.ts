import { Type } from '@sinclair/typebox'
import { inArray, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { HAS_ROOM, isCut, weightOf } from '../database/page-weight.ts'
import { Timestamp } from '../http/schemas.ts'
import type { Pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { findEvents } from './personal-events.ts'
import { withoutSecrets } from './secrets.ts'
import { stripeEvents } from './tables.ts'

/** How many are weighed for a page, of which long ones are fewer. */
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
  for (let from = 0; from < ids.length;) {
    const page = ids.slice(from, from + EVENTS_PAGE)
    const rows = await eventsWithRoom(db, page)
    const last = isCut(rows) ? rows.at(-1)?.id : undefined
    from += last === undefined ? page.length : page.indexOf(last) + 1
    yield rows.map((row) => ({
      event_id: row.id,
      type: row.type,
      created_at: row.createdAt.toISOString(),
      received_at: row.receivedAt.toISOString(),
      payload: withoutSecrets(row.payload),
    }))
  }
}

/** As JavaScript sorts ids, whatever the collation of the database. */
const ORDER = sql`id collate "C"`

/** Those of a page, in order, from the first on until what they weigh ends it. */
function eventsWithRoom(db: Database, ids: readonly string[]) {
  const page = db.select().from(stripeEvents).where(inArray(stripeEvents.id, ids)).as('page')
  const weighed = db
    .select({ ...page._.selectedFields, ...weightOf(sql`payload`, ORDER) })
    .from(page)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(ORDER)
}
