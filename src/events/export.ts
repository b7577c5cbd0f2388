import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { Timestamp } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { presentEvent } from './present.ts'
import { events } from './tables.ts'

/** An event has up to 20 KB. */
const PAGE = 50

const Told = Type.Array(
  Type.Object({
    event_id: Type.String({ examples: ['evt_4fGh7KqL9mNp2RsT8uVw'] }),
    type: Type.String({ examples: ['funds.low_balance'] }),
    timestamp: Timestamp,
    seq: Type.Integer({ examples: [1041] }),
    data: Type.Unsafe<Record<string, unknown>>({
      title: 'ExportedEventData',
      type: 'object',
      additionalProperties: true,
      examples: [{ balance: 400 }],
    }),
  }),
  { description: 'The webhook events of the last 30 days.' },
)

export const eventExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'events',
    schema: Told,
    read: (db, { customerId }) => exportedEvents(db, customerId ?? ''),
  },
  {
    of: 'account',
    name: 'events',
    schema: Told,
    read: (db, { accountId }) => exportedEvents(db, `acct_${accountId}`),
  },
]

function exportedEvents(db: Database, subject: string): Pages {
  return pages(
    (after?: typeof events.$inferSelect) =>
      db
        .select()
        .from(events)
        .where(and(eq(events.subject, subject), after && gt(events.seq, after.seq)))
        .orderBy(asc(events.seq))
        .limit(PAGE),
    (row) => ({ event_id: row.id, ...presentEvent(row) }),
  )
}
