import { and, desc, eq, lt } from 'drizzle-orm'
import type { PageRequest } from '../http/pagination.ts'
import type { Database } from '../database/index.ts'
import { usageBillingFindings, usageFindings } from './tables.ts'

export type FindingRow = typeof usageFindings.$inferSelect

export type BillingFinding = typeof usageBillingFindings.$inferSelect

/** Use that is billed otherwise than it should be: the newest of each kind. */
export async function billingFindings(db: Database, limit: number): Promise<BillingFinding[]> {
  const { kind, seq } = usageBillingFindings
  const found = kind.enumValues.map((one) =>
    db.select().from(usageBillingFindings).where(eq(kind, one)).orderBy(desc(seq)).limit(limit),
  )
  return (await Promise.all(found)).flat()
}

export function listFindings(
  db: Database,
  filter: {
    customerId: string | undefined
    metric: string | undefined
    kind: FindingRow['kind'] | undefined
  },
  page: PageRequest,
): Promise<FindingRow[]> {
  const { customerId, metric, kind } = filter
  return db
    .select()
    .from(usageFindings)
    .where(
      and(
        customerId === undefined ? undefined : eq(usageFindings.customerId, customerId),
        metric === undefined ? undefined : eq(usageFindings.metric, metric),
        kind === undefined ? undefined : eq(usageFindings.kind, kind),
        page.before === null ? undefined : lt(usageFindings.seq, page.before),
      ),
    )
    .orderBy(desc(usageFindings.seq))
    .limit(page.limit + 1)
}
