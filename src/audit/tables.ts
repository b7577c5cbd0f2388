import { bigint, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** Who did what to whom, written in the same transaction as the act. Rows are never changed. */
export const auditRecords = pgTable(
  'audit_records',
  {
    /** Order of insertion; gaps are left by transactions that rolled back. */
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    timestamp: timestamp({ precision: 3, withTimezone: true }).notNull().defaultNow(),
    /** Such as `customer.created`; the list is in `record.ts`. */
    event: text().notNull(),
    /** `admin:<token id>`, `key:<key id>`, `internal:<token id>`, `stripe` or `system`. */
    actor: text().notNull(),
    /** The id of what was acted on, such as a customer's. */
    subject: text().notNull(),
    ip: text(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('audit_records_subject').on(table.subject, table.id)],
)
