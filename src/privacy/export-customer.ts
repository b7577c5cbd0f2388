import type { Readable } from 'node:stream'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { presentKey } from '../customers/api-keys/present.ts'
import { apiKeys } from '../customers/api-keys/tables.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { lockCustomer } from '../customers/living.ts'
import { presentCustomer } from '../customers/present.ts'
import { type CustomerRow, getCustomer } from '../customers/service.ts'
import { standings } from '../customers/standing.ts'
import { presentIssued } from '../licenses/present.ts'
import { licenses } from '../licenses/tables.ts'
import type { Database } from '../database/index.ts'
import { dateOf, stateOf } from '../subscriptions/row.ts'
import { subscriptions } from '../subscriptions/tables.ts'
import { presentFinding } from '../usage/present.ts'
import {
  usageFindings,
  usageMeterEvents,
  usageMeterHours,
  usageMeterSums,
  usageRemainders,
  usageReports,
  usageTotals,
} from '../usage/tables.ts'
import { type Pages, jsonDocument, pages } from './document.ts'
import { exportedAudit, exportedEvents } from './export-parts.ts'
import { peopleOf } from './people.ts'

const PAGE = 1_000

/**
 * Everything that is held on a customer, as it is read while it is sent. The audit record comes first:
 * nothing is given away without it.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function exportCustomer(
  db: Database,
  actor: Actor,
  id: string,
  defaultPlan: string | null,
): Promise<Readable> {
  const { customer, people } = await db.transaction(async (tx) => {
    await lockCustomer(tx, id)
    const found = await getCustomer(tx, id)
    await recordAudit(tx, actor, { event: 'customer.exported', subject: id })
    return { customer: found, people: await peopleOf(tx, found) }
  })
  const parts = {
    exported_at: new Date().toISOString(),
    customer: presentCustomer(customer, (await standings(db, [id], defaultPlan))(id)),
    creation: exportedCreation(customer),
    api_keys: exportedKeys(db, id),
    subscriptions: exportedSubscriptions(db, id),
    licenses: exportedLicenses(db, id),
    usage_reports: exportedReports(db, id),
    usage_totals: exportedTotals(db, id),
    usage_findings: exportedFindings(db, id),
    usage_meter_hours: exportedMeterHours(db, id),
    usage_meter_sums: exportedMeterSums(db, id),
    usage_meter_events: exportedMeterEvents(db, id),
    usage_remainders: exportedRemainders(db, id),
    stripe_events: exportedEvents(db, people.all),
    audit_records: exportedAudit(db, id),
  }
  // One that is erased meanwhile would seem to have had less.
  return jsonDocument(parts, async () => void (await getCustomer(db, id)))
}

/** What is kept so that a repetition of the call that created it gets the same answer. */
function exportedCreation({ idempotencyKey, idempotencyAnswer }: CustomerRow) {
  return idempotencyKey === null
    ? null
    : { idempotency_key: idempotencyKey, answer: idempotencyAnswer }
}

function exportedKeys(db: Database, id: string): Pages {
  return pages(
    (after?: typeof apiKeys.$inferSelect) =>
      db
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.customerId, id), after && gt(apiKeys.seq, after.seq)))
        .orderBy(asc(apiKeys.seq))
        .limit(PAGE),
    presentKey,
  )
}

function exportedSubscriptions(db: Database, id: string): Pages {
  return pages(
    (after?: typeof subscriptions.$inferSelect) =>
      db
        .select()
        .from(subscriptions)
        .where(and(eq(subscriptions.customerId, id), after && gt(subscriptions.id, after.id)))
        .orderBy(asc(subscriptions.id))
        .limit(PAGE),
    (row) => ({
      stripe_subscription_id: row.id,
      stripe_customer_id: row.stripeCustomerId,
      items: stateOf(row).items.map((item) => ({
        stripe_price_id: item.price,
        quantity: item.quantity,
        current_period_start: dateOf(item.start)?.toISOString() ?? null,
        current_period_end: dateOf(item.end)?.toISOString() ?? null,
      })),
      status: row.status,
      cancel_at: row.cancelAt?.toISOString() ?? null,
      cancel_at_period_end: row.cancelAtPeriodEnd,
      pause_collection: row.pause,
      ended_at: row.endedAt?.toISOString() ?? null,
      created_at: row.createdAt.toISOString(),
    }),
  )
}

function exportedLicenses(db: Database, id: string): Pages {
  return pages(
    (after?: typeof licenses.$inferSelect) =>
      db
        .select()
        .from(licenses)
        .where(and(eq(licenses.customerId, id), after && gt(licenses.seq, after.seq)))
        .orderBy(asc(licenses.seq))
        .limit(PAGE),
    (row) => {
      // What the token says is here; the token itself would let whoever finds the file use it.
      const { token: _token, ...rest } = presentIssued(row).license
      return rest
    },
  )
}

function exportedReports(db: Database, id: string): Pages {
  return pages(
    (after?: typeof usageReports.$inferSelect) =>
      db
        .select()
        .from(usageReports)
        .where(
          and(eq(usageReports.customerId, id), after && gt(usageReports.reportId, after.reportId)),
        )
        .orderBy(asc(usageReports.reportId))
        .limit(PAGE),
    (row) => ({
      report_id: row.reportId,
      instance_id: row.instanceId,
      reported_at: row.reportedAt.toISOString(),
      received_at: row.receivedAt.toISOString(),
      metrics: row.metrics,
    }),
  )
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
      sum: row.sum,
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
