import { and, asc, count, desc, eq, gte, lt, max, min, sql, sum } from 'drizzle-orm'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { type Range, startOf } from '../http/range.ts'
import { usageTotals } from './tables.ts'

/** More than a year of hours of one metric, or ten years of days of two. */
const ROWS_MAX = 10_000

export type TotalRow = typeof usageTotals.$inferSelect

/**
 * One customer's totals, oldest first; of one metric, or of all (null).
 * @throws Refusal `VALIDATION_FAILED` when there are more than 10,000
 */
export async function customerTotals(
  db: Database,
  customerId: string,
  metric: string | null,
  range: Range,
): Promise<TotalRow[]> {
  const rows = await db
    .select()
    .from(usageTotals)
    .where(and(eq(usageTotals.customerId, customerId), within(range), ofMetric(metric)))
    .orderBy(asc(usageTotals.startsAt), asc(usageTotals.metric))
    .limit(ROWS_MAX + 1)
  return bounded(rows)
}

/**
 * Totals over all customers, oldest first; of one metric, or of all (null).
 * @throws Refusal `VALIDATION_FAILED` when there are more than 10,000
 */
export async function totalsOfAll(db: Database, metric: string | null, range: Range) {
  const { startsAt } = usageTotals
  const rows = await db
    .select({
      startsAt,
      metric: usageTotals.metric,
      count: sum(usageTotals.count).mapWith(Number),
      sum: sum(usageTotals.sum).mapWith(String),
      min: min(usageTotals.min).mapWith(Number),
      max: max(usageTotals.max).mapWith(Number),
      customers: count(),
    })
    .from(usageTotals)
    .where(and(within(range), ofMetric(metric)))
    .groupBy(startsAt, usageTotals.metric)
    .orderBy(asc(startsAt), asc(usageTotals.metric))
    .limit(ROWS_MAX + 1)
  return bounded(rows)
}

/** The customers with the greatest sum of a metric in these days, greatest first. */
export function topCustomers(db: Database, metric: string, range: Range, limit: number) {
  const total = sum(usageTotals.sum)
  return db
    .select({
      customerId: usageTotals.customerId,
      count: sum(usageTotals.count).mapWith(Number),
      sum: total.mapWith(String),
      max: max(usageTotals.max).mapWith(Number),
    })
    .from(usageTotals)
    .where(and(within(range), ofMetric(metric)))
    .groupBy(usageTotals.customerId)
    .orderBy(desc(total), asc(usageTotals.customerId))
    .limit(limit)
}

/** What a customer has used of a metric in the current calendar month (UTC), an exact decimal; 0 if nothing. */
export async function usedThisMonth(
  db: Database | Transaction,
  customerId: string,
  metric: string,
): Promise<string> {
  const [row] = await db
    .select({ sum: usageTotals.sum })
    .from(usageTotals)
    .where(
      and(
        eq(usageTotals.customerId, customerId),
        eq(usageTotals.metric, metric),
        eq(usageTotals.period, 'month'),
        eq(usageTotals.startsAt, startOf('month', new Date())),
      ),
    )
  return row?.sum ?? '0'
}

function within({ period, from, to }: Range) {
  return and(
    eq(usageTotals.period, sql.raw(`'${period}'`)),
    gte(usageTotals.startsAt, from),
    lt(usageTotals.startsAt, to),
  )
}

function ofMetric(metric: string | null) {
  return metric === null ? undefined : eq(usageTotals.metric, metric)
}

function bounded<Row>(rows: Row[]): Row[] {
  if (rows.length <= ROWS_MAX) return rows
  const message = `has more than ${ROWS_MAX} totals: ask for one metric, or for less time`
  throw new Refusal('VALIDATION_FAILED', { details: [{ path: '/from', message }] })
}
