import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import { auditRecords } from '../audit/tables.ts'
import { showValues, valuesInDatabase } from '../audit/values.ts'
import type { Database } from '../database/index.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from './document.ts'
import type { ExportPart } from './personal.ts'
import { subjectOf } from './row.ts'

const RECORDS_PAGE = 1_000

const ExportedRecord = Type.Object({
  timestamp: Timestamp,
  event: Type.String({ examples: ['customer.updated'] }),
  actor: Type.String({ examples: ['admin:1f2e3d4c'] }),
  subject: Type.String({ examples: ['cust_4fGh7KqL9mNp2RsT'] }),
  ip: nullable(Type.String({ examples: ['203.0.113.7'] })),
  metadata: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    examples: [{ email: 'ada@example.com' }],
  }),
})

/** The audit log's records about a person, in the exports of customers and users. */
export const auditExports: readonly ExportPart[] = (['customer', 'account'] as const).map((of) => ({
  of,
  name: 'audit_records',
  schema: Type.Array(ExportedRecord),
  read: (db, whom) => exportedAudit(db, subjectOf(whom)),
}))

/** The audit log's records about a subject, with the values behind their commitments. */
function exportedAudit(db: Database, subject: string): Pages {
  return pages(
    async (after?: { id: bigint }) => {
      const rows = await db
        .select()
        .from(auditRecords)
        .where(and(eq(auditRecords.subject, subject), after && gt(auditRecords.id, after.id)))
        .orderBy(asc(auditRecords.id))
        .limit(RECORDS_PAGE)
      return showValues(valuesInDatabase(db), rows)
    },
    (row) => ({
      timestamp: row.timestamp.toISOString(),
      event: row.event,
      actor: row.actor,
      subject: row.subject,
      ip: row.ip,
      metadata: row.metadata,
    }),
  )
}
