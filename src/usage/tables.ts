import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { PERIODS } from '../http/periods.ts'

export { PERIODS, type Period } from '../http/periods.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const time = () => timestamp({ precision: 3, withTimezone: true })

/** A part of a report that Stripe bills. */
export interface MeteredPart {
  event_name: string
  /** The time it is billed for, as `usage_meter_hours` has it. */
  at: string
  value: number
  /** The start of the period that it is billed in although it belongs to one before; and whose period. */
  late_in?: string
  subscription?: string
  /** The Stripe customer of the subscription under which the usage happened. */
  payer?: string
}

/** A part of a report that was paid from funds. */
export interface ChargedPart {
  metric: string
  asset: string
  price: number
  per: number
  /** What the account was charged for it, rounded down. */
  amount: number
}

/**
 * Reports from customers' instances, each stored once. Retention deletes rows; nothing changes them.
 */
export const usageReports = pgTable(
  'usage_reports',
  {
    /** No foreign key: the API key is proof enough, and a check for each row would lock customers. */
    customerId: text().notNull(),
    /**
     * The caller's id or ours; a report with the same id is the same report, as long as its row
     * exists.
     */
    reportId: text().notNull(),
    /** The customer's instance, if the report names it. */
    instanceId: text(),
    /** The time that the instance states, otherwise the time of arrival. */
    reportedAt: time().notNull(),
    receivedAt: time().notNull(),
    /** The value of each metric. */
    metrics: jsonb().$type<Record<string, number>>().notNull(),
    /** SHA-256 over the report's content. */
    fingerprint: bytea().notNull(),
    /** What of it was added to the sums for Stripe's meters; null for nothing. */
    metered: jsonb().$type<MeteredPart[]>(),
    /** What of it was paid from funds; null for nothing. */
    charges: jsonb().$type<ChargedPart[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.customerId, table.reportId] }),
    // For retention. Rows mostly arrive in this order, which keeps the index cheap.
    index('usage_reports_reported').on(table.reportedAt),
  ],
)

/**
 * A metric's values in each hour, day and month (UTC) in which it was reported. They are written
 * together with the reports that they sum up, and stay when those are deleted. Sums are exact
 * decimals, so the order of reports does not matter; all other columns store the values unchanged.
 */
export const usageTotals = pgTable(
  'usage_totals',
  {
    customerId: text().notNull(),
    metric: text().notNull(),
    period: text({ enum: PERIODS }).notNull(),
    startsAt: time().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    sum: numeric().notNull(),
    min: doublePrecision().notNull(),
    max: doublePrecision().notNull(),
    /** The value with the latest `reported_at`; among equal times, the greatest value. */
    last: doublePrecision().notNull(),
    lastAt: time().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.customerId, table.metric, table.period, table.startsAt] }),
    // For totals across customers. It includes the customer, so that a plan with either index needs
    // no other.
    index('usage_totals_metric').on(table.period, table.metric, table.startsAt, table.customerId),
    // For totals of all metrics: those of a day are few beside those of years.
    index('usage_totals_time').on(table.period, table.startsAt, table.metric),
    check('usage_totals_period', sql`${table.period} in ('hour', 'day', 'month')`),
    check('usage_totals_count', sql`${table.count} > 0`),
  ],
)

/**
 * How much of its allowances a customer has used. The row is created before the customer's first
 * report is stored, and every transaction that stores a report locks it, so the counts are never
 * behind.
 */
export const usageAllowances = pgTable(
  'usage_allowances',
  {
    customerId: text().primaryKey(),
    /** The UTC hour that `value_count` counts; it restarts with the first report of a later hour. */
    hour: time().notNull(),
    /** Metric values that were stored, or are reserved for a batch that is being stored. */
    valueCount: integer().notNull(),
    /**
     * How many metric names the customer has: those in its totals, and those of corrected reports,
     * which the totals may have lost.
     */
    nameCount: integer().notNull(),
  },
  (table) => [
    check('usage_allowances_counts', sql`${table.valueCount} >= 0 and ${table.nameCount} >= 0`),
  ],
)

/**
 * A metric that exceeds its plan's limit, or deviates from its usual pattern; at most once in each
 * window.
 */
export const usageFindings = pgTable(
  'usage_findings',
  {
    /** The order of discovery, by which lists are paged. */
    seq: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text({ enum: ['anomaly', 'limit_exceeded'] }).notNull(),
    customerId: text().notNull(),
    metric: text().notNull(),
    /** The start of the anomaly's day or of the limit's month, in UTC. */
    windowStart: time().notNull(),
    /** The sum that was found: of the hour `at`, or of the month. */
    value: doublePrecision().notNull(),
    /** The threshold that it exceeds. */
    threshold: doublePrecision().notNull(),
    /** The start of the period of `value`. */
    at: time().notNull(),
    foundAt: time().notNull().defaultNow(),
  },
  (table) => [
    unique('usage_findings_window').on(
      table.customerId,
      table.metric,
      table.kind,
      table.windowStart,
    ),
    // The filters of the list, in its order.
    index('usage_findings_customer').on(table.customerId, table.seq),
    index('usage_findings_metric').on(table.metric, table.seq),
    index('usage_findings_kind_seq').on(table.kind, table.seq),
    check('usage_findings_kind', sql`${table.kind} in ('anomaly', 'limit_exceeded')`),
  ],
)

/**
 * One row: the time since which reports are kept. Older reports are refused for good, because the ids
 * of deleted reports are gone, and a copy would look like a new report.
 */
export const usageRetention = pgTable(
  'usage_retention',
  {
    only: boolean().primaryKey().default(true),
    keptSince: time().notNull(),
    /** When the daily job last took its turn, in any process. */
    cleanedAt: time(),
  },
  (table) => [check('usage_retention_only', sql`${table.only}`)],
)

/**
 * What is left of a price below the smallest unit of its asset, until the next report: in parts of
 * which `per` are one such unit, and so exact whatever `per` is. Below zero where a correction has left
 * more paid than owed. Written under the lock of the customer's account.
 */
export const usageRemainders = pgTable(
  'usage_remainders',
  {
    customerId: text().notNull(),
    metric: text().notNull(),
    asset: text().notNull(),
    per: bigint({ mode: 'bigint' }).notNull(),
    remainder: numeric().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.customerId, table.metric, table.asset, table.per] }),
    check('usage_remainders_fraction', sql`${table.remainder} < ${table.per}`),
  ],
)

/** Usage that Stripe must still get, by the time for which it is billed; each report adds to it. */
export const usageMeterHours = pgTable(
  'usage_meter_hours',
  {
    customerId: text().notNull(),
    /** The name of Stripe's meter event. */
    eventName: text().notNull(),
    /** The start of the hour (UTC) of the usage, or of the period if that began within the hour. */
    at: time().notNull(),
    value: numeric().notNull(),
    /**
     * The Stripe customer of the subscription under which the usage happened; null if there was
     * none, or in a row of the previous version.
     */
    stripeCustomerId: text(),
    /** Where a fraction of several hours was put back: the first of them. */
    since: time(),
  },
  (table) => [
    primaryKey({ columns: [table.customerId, table.eventName, table.at] }),
    // Reports change values, of which no index knows: their updates write none. Most hours may be
    // those that wait for a payer.
    index('usage_meter_hours_paid')
      .on(table.customerId, table.eventName, table.at)
      .where(sql`${table.stripeCustomerId} is not null`),
    index('usage_meter_hours_unpaid')
      .on(table.customerId)
      .where(sql`${table.stripeCustomerId} is null`),
    index('usage_meter_hours_unpaid_since')
      .on(table.at)
      .where(sql`${table.stripeCustomerId} is null`),
    check('usage_meter_hours_value', sql`${table.value} >= 0`),
  ],
)

/**
 * Fractions left over from past hours: Stripe accepts whole numbers, so they wait until they add up
 * to one.
 */
export const usageMeterSums = pgTable(
  'usage_meter_sums',
  {
    customerId: text().notNull(),
    /** The name of Stripe's meter event. */
    eventName: text().notNull(),
    value: numeric().notNull(),
    /** The Stripe customer of the latest of these hours. */
    stripeCustomerId: text(),
    /** The first and the latest of these hours; null in a row of the previous version. */
    since: time(),
    at: time(),
  },
  (table) => [
    primaryKey({ columns: [table.customerId, table.eventName] }),
    // Only rows of the previous version.
    index('usage_meter_sums_whole')
      .on(table.customerId, table.eventName)
      .where(sql`${table.value} >= 1`),
    check('usage_meter_sums_value', sql`${table.value} >= 0`),
  ],
)

/** Meter events for Stripe: each is sent again, unchanged, until Stripe has accepted it. */
export const usageMeterEvents = pgTable(
  'usage_meter_events',
  {
    /** The identifier by which Stripe recognises a repetition. */
    id: uuid().primaryKey().defaultRandom(),
    customerId: text().notNull(),
    eventName: text().notNull(),
    /** A whole number, because Stripe accepts no fractions. */
    value: numeric().notNull(),
    /**
     * The hour of the usage, as `usage_meter_hours` has it; of fractions, the latest of their hours.
     * Null in a row of the previous version, for the time at which it is first sent.
     */
    at: time(),
    /** Where fractions of several hours are part of it: the first of them. */
    since: time(),
    /** When it was first sent, so that Stripe may have it; null before. */
    sentAt: time(),
    retryAt: time().notNull().defaultNow(),
    /** Why it or its cancellation waits: Stripe’s code for a refusal, or `outcome_unknown`. */
    reason: text(),
    /** Since when Stripe has it: it is kept for as long as Stripe can cancel it. */
    acceptedAt: time(),
    /** How much of it corrections take back: it is to be cancelled, and the rest sent again. */
    takenBack: numeric(),
    /** When Stripe was first asked to cancel it. */
    cancelAskedAt: time(),
    /** How often Stripe has answered that with a fault of its own, and may have cancelled it. */
    cancelFaults: integer().notNull().default(0),
    /**
     * The start of the period it is billed in, because the invoice of its own was final when it was
     * sent; or the end of its subscription, whose last invoice was.
     */
    lateIn: time(),
    /** The subscription of that period. */
    lateSubscriptionId: text(),
    /** The Stripe customer who pays; null if it is only determined when the event is sent. */
    stripeCustomerId: text(),
  },
  (table) => [
    index('usage_meter_events_due').on(table.retryAt),
    index('usage_meter_events_hour').on(table.customerId, table.eventName, table.at),
    index('usage_meter_events_accepted')
      .on(table.acceptedAt)
      .where(sql`${table.acceptedAt} is not null`),
    index('usage_meter_events_open').on(table.reason).where(isOpen(table)),
    index('usage_meter_events_taken_back')
      .on(table.acceptedAt)
      .where(sql`${table.takenBack} is not null`),
  ],
)

/** The condition for those that Stripe does not have yet, or that an operator must see to. */
export function isOpen(table: { acceptedAt: AnyColumn; reason: AnyColumn }): SQL {
  return sql`(${table.acceptedAt} is null or ${table.reason} is not null)`
}

/** Reports that no longer count, each once. */
export const usageCorrections = pgTable(
  'usage_corrections',
  {
    /** `cor_` and 22 base62 characters. */
    id: text().primaryKey(),
    customerId: text().notNull(),
    reportId: text().notNull(),
    /** The report's, whose names stay the customer's. */
    metrics: jsonb().$type<Record<string, number>>().notNull(),
    reason: text().notNull(),
    /** Whether Stripe goes on billing it; null where it does not. */
    stripe: text({ enum: ['not_correctable'] }),
    correctedAt: time().notNull().defaultNow(),
  },
  (table) => [
    unique('usage_corrections_report').on(table.customerId, table.reportId),
    check('usage_corrections_stripe', sql`${table.stripe} in ('not_correctable')`),
  ],
)

/**
 * Use that Stripe bills in another period than it belongs to, or although it was corrected, or not at
 * all.
 */
export const usageBillingFindings = pgTable(
  'usage_billing_findings',
  {
    /** Order of discovery. */
    seq: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text({ enum: ['late_usage', 'usage_not_correctable', 'unbilled_usage'] }).notNull(),
    customerId: text().notNull(),
    /** Null where it is of no subscription. */
    subscriptionId: text(),
    /** The name of Stripe's meter event. */
    eventName: text().notNull(),
    /** What it is found once for, such as the period it was billed in, or the correction. */
    subject: text().notNull(),
    value: numeric().notNull(),
    /** When it was used; the earliest of several. */
    usedAt: time().notNull(),
    foundAt: time().notNull().defaultNow(),
  },
  (table) => [
    unique('usage_billing_findings_subject').on(
      table.customerId,
      table.kind,
      table.eventName,
      table.subject,
    ),
    check(
      'usage_billing_findings_kind',
      sql`${table.kind} in ('late_usage', 'usage_not_correctable', 'unbilled_usage')`,
    ),
  ],
)
