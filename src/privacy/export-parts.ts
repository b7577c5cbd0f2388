import { and, asc, eq, getTableColumns, gt, inArray } from 'drizzle-orm'
import { auditPersonal, auditRecords } from '../audit/tables.ts'
import type { Database } from '../database/index.ts'
import { stripeEvents } from '../stripe/tables.ts'
import { type Pages, pages } from './document.ts'
import { findEvents } from './events.ts'

const EVENTS_PAGE = 100
const RECORDS_PAGE = 1_000

/** Stripe's events about these people, by their ids. */
export async function* exportedEvents(db: Database, people: readonly string[]): Pages {
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

/** What the audit log says of a subject, with the addresses that its commitments stand for. */
export function exportedAudit(db: Database, subject: string): Pages {
  return pages(
    (after?: { id: bigint }) =>
      db
        .select({ ...getTableColumns(auditRecords), address: auditPersonal.value })
        .from(auditRecords)
        .leftJoin(auditPersonal, eq(auditPersonal.commitment, auditRecords.ip))
        .where(and(eq(auditRecords.subject, subject), after && gt(auditRecords.id, after.id)))
        .orderBy(asc(auditRecords.id))
        .limit(RECORDS_PAGE),
    (row) => ({
      timestamp: row.timestamp.toISOString(),
      event: row.event,
      actor: row.actor,
      subject: row.subject,
      ip: row.address,
      metadata: row.metadata,
    }),
  )
}

/** With a `client_secret`, a browser can act on the payment it is of. */
function withoutSecrets(payload: unknown): unknown {
  return JSON.parse(
    JSON.stringify(payload, (key, value: unknown) => (key === 'client_secret' ? undefined : value)),
  )
}
