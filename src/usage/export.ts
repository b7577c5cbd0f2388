import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { ref } from '../http/schemas.ts'
import { HAS_ROOM, weightOf } from '../database/page-weight.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { UsageFinding } from './admin-schemas.ts'
import {
  ExportedBillingFinding,
  ExportedCorrection,
  ExportedMeterEvent,
  ExportedMeterHour,
  ExportedMeterSum,
  ExportedRemainder,
  ExportedReport,
  ExportedTotal,
} from './export-schemas.ts'
import { presentFinding, presentSum } from './present.ts'
import {
  usageBillingFindings,
  usageCorrections,
  usageFindings,
  usageMeterEvents,
  usageMeterHours,
  usageMeterSums,
  usageRemainders,
  usageReports,
  usageTotals,
} from './tables.ts'

const PAGE = 1_000
/** How many are weighed for a page, of which those with very many metrics are fewer. */
const REPORTS_PAGE = 200

export const usageExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'usage_reports',
    schema: Type.Array(ExportedReport),
    read: (db, { customerId }) => exportedReports(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_totals',
    schema: Type.Array(ExportedTotal),
    read: (db, { customerId }) => exportedTotals(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_findings',
    schema: Type.Array(ref(UsageFinding)),
    read: (db, { customerId }) => exportedFindings(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_corrections',
    schema: Type.Array(ExportedCorrection),
    read: (db, { customerId }) => exportedCorrections(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_billing_findings',
    schema: Type.Array(ExportedBillingFinding),
    read: (db, { customerId }) => exportedBillingFindings(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_meter_hours',
    schema: Type.Array(ExportedMeterHour),
    read: (db, { customerId }) => exportedMeterHours(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_meter_sums',
    schema: Type.Array(ExportedMeterSum),
    read: (db, { customerId }) => exportedMeterSums(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_meter_events',
    schema: Type.Array(ExportedMeterEvent),
    read: (db, { customerId }) => exportedMeterEvents(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'usage_remainders',
    schema: Type.Array(ExportedRemainder),
    read: (db, { customerId }) => exportedRemainders(db, customerId ?? ''),
  },
]

function exportedReports(db: Database, id: string): Pages {
  return pages(
    (after?: typeof usageReports.$inferSelect) => reportsAfter(db, id, after?.reportId),
    (row) => ({
      report_id: row.reportId,
      instance_id: row.instanceId,
      reported_at: row.reportedAt.toISOString(),
      received_at: row.receivedAt.toISOString(),
      metrics: row.metrics,
    }),
  )
}

/** A page that ends early where its reports have very many metrics. */
function reportsAfter(db: Database, id: string, after: string | undefined) {
  const { customerId, reportId } = usageReports
  const page = db
    .select()
    .from(usageReports)
    .where(and(eq(customerId, id), after === undefined ? undefined : gt(reportId, after)))
    .orderBy(asc(reportId))
    .limit(REPORTS_PAGE)
    .as('page')
  const weighed = db
    .select({ ...page._.selectedFields, ...weightOf(sql`metrics`, sql`report_id`) })
    .from(page)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(asc(weighed.reportId))
}

function exportedTotals(db: Database, id: string): Pages {
  const { metric, period, startsAt } = usageTotals
  return pages(
    (after?: typeof usageTotals.$inferSelect) =>
      db
        .select()
        .from(usageTotals)
        .where(
          and(
            eq(usageTotals.customerId, id),
            after &&
              sql`(${metric}, ${period}, ${startsAt}) > (${after.metric}, ${after.period}, ${after.startsAt.toISOString()}::timestamptz)`,
          ),
        )
        .orderBy(asc(metric), asc(period), asc(startsAt))
        .limit(PAGE),
    (row) => ({
      metric: row.metric,
      period: row.period,
      starts_at: row.startsAt.toISOString(),
      count: row.count,
      ...presentSum(row.sum),
      min: row.min,
      max: row.max,
      last: row.last,
    }),
  )
}

function exportedFindings(db: Database, id: string): Pages {
  return pages(
    (after?: typeof usageFindings.$inferSelect) =>
      db
        .select()
        .from(usageFindings)
        .where(and(eq(usageFindings.customerId, id), after && gt(usageFindings.seq, after.seq)))
        .orderBy(asc(usageFindings.seq))
        .limit(PAGE),
    presentFinding,
  )
}

function exportedCorrections(db: Database, id: string): Pages {
  return pages(
    (after?: typeof usageCorrections.$inferSelect) =>
      db
        .select()
        .from(usageCorrections)
        .where(
          and(
            eq(usageCorrections.customerId, id),
            after && gt(usageCorrections.reportId, after.reportId),
          ),
        )
        .orderBy(asc(usageCorrections.reportId))
        .limit(PAGE),
    (row) => ({
      correction_id: row.id,
      report_id: row.reportId,
      reason: row.reason,
      corrected_at: row.correctedAt.toISOString(),
    }),
  )
}

function exportedBillingFindings(db: Database, id: string): Pages {
  const { customerId, seq } = usageBillingFindings
  return pages(
    (after?: typeof usageBillingFindings.$inferSelect) =>
      db
        .select()
        .from(usageBillingFindings)
        .where(and(eq(customerId, id), after && gt(seq, after.seq)))
        .orderBy(asc(seq))
        .limit(PAGE),
    (row) => ({
      kind: row.kind,
      stripe_subscription_id: row.subscriptionId,
      event_name: row.eventName,
      value: row.value,
      used_at: row.usedAt.toISOString(),
      found_at: row.foundAt.toISOString(),
    }),
  )
}

function exportedMeterHours(db: Database, id: string): Pages {
  const { customerId, eventName, at } = usageMeterHours
  return pages(
    (after?: typeof usageMeterHours.$inferSelect) =>
      db
        .select()
        .from(usageMeterHours)
        .where(
          and(
            eq(customerId, id),
            after &&
              sql`(${eventName}, ${at}) > (${after.eventName}, ${after.at.toISOString()}::timestamptz)`,
          ),
        )
        .orderBy(asc(eventName), asc(at))
        .limit(PAGE),
    (row) => ({ event_name: row.eventName, at: row.at.toISOString(), value: row.value }),
  )
}

function exportedMeterSums(db: Database, id: string): Pages {
  const { customerId, eventName } = usageMeterSums
  return pages(
    (after?: typeof usageMeterSums.$inferSelect) =>
      db
        .select()
        .from(usageMeterSums)
        .where(and(eq(customerId, id), after && gt(eventName, after.eventName)))
        .orderBy(asc(eventName))
        .limit(PAGE),
    (row) => ({ event_name: row.eventName, value: row.value }),
  )
}

function exportedMeterEvents(db: Database, id: string): Pages {
  return pages(
    (after?: typeof usageMeterEvents.$inferSelect) =>
      db
        .select()
        .from(usageMeterEvents)
        .where(and(eq(usageMeterEvents.customerId, id), after && gt(usageMeterEvents.id, after.id)))
        .orderBy(asc(usageMeterEvents.id))
        .limit(PAGE),
    (row) => ({
      event_name: row.eventName,
      value: row.value,
      sent_at: row.sentAt?.toISOString() ?? null,
    }),
  )
}

function exportedRemainders(db: Database, id: string): Pages {
  const { customerId, metric, asset, per } = usageRemainders
  return pages(
    (after?: typeof usageRemainders.$inferSelect) =>
      db
        .select()
        .from(usageRemainders)
        .where(
          and(
            eq(customerId, id),
            after &&
              sql`(${metric}, ${asset}, ${per}) > (${after.metric}, ${after.asset}, ${String(after.per)}::bigint)`,
          ),
        )
        .orderBy(asc(metric), asc(asset), asc(per))
        .limit(PAGE),
    (row) => ({
      metric: row.metric,
      asset: row.asset,
      per: Number(row.per),
      remainder: row.remainder,
    }),
  )
}
