import { invalid, requireOrder, timesOf } from './schemas.ts'
import type { Period } from './periods.ts'

const DAY_MS = 86_400_000
/** The database can't write times before the year 1 as RFC 3339 does. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const DEFAULT_DAYS: Record<Period, number> = { hour: 1, day: 30, month: 365 }
const DAYS_MAX: Record<Period, number> = { hour: 366, day: 3_660, month: 3_660 }

/** Whole buckets: from the one that contains `from` to the last one that starts before `to`. */
export interface Range {
  period: Period
  from: Date
  to: Date
}

/**
 * The range that a query asks for. By default it ends now, and covers the last day by hours, 30 days
 * by days, or the last year by months.
 * @throws Refusal `VALIDATION_FAILED` for a range that is empty, or longer than a year of hours or
 * ten years of days or months
 */
export function rangeOf(query: { from?: string; to?: string }, period: Period): Range {
  const asked = timesOf(query)
  const { to = new Date() } = asked
  const { from = new Date(Math.max(to.getTime() - DEFAULT_DAYS[period] * DAY_MS, FIRST_MS)) } =
    asked
  requireOrder(from, to)
  if (to.getTime() - from.getTime() > DAYS_MAX[period] * DAY_MS) {
    throw invalid('/from', `is more than ${DAYS_MAX[period]} days before \`to\``)
  }
  return { period, from: startOf(period, from), to }
}

export function startOf(period: Period, time: Date): Date {
  const start = new Date(time)
  start.setUTCMinutes(0, 0, 0)
  if (period !== 'hour') start.setUTCHours(0)
  if (period === 'month') start.setUTCDate(1)
  return start
}
