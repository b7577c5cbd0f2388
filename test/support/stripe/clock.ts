import type { Price } from './types.ts'

/** Stripe's time, in seconds. It stands still until a test moves it. */
export interface Clock {
  now(): number
  advance(seconds: number): void
  set(seconds: number): void
}

export const HOUR_S = 3_600
export const DAY_S = 24 * HOUR_S

export function createClock(start: number = Math.floor(Date.now() / 1_000)): Clock {
  let now = start
  return {
    now: () => now,
    advance: (seconds) => void (now += seconds),
    set: (seconds) => void (now = seconds),
  }
}

/**
 * The end of a period that starts at `start`. A month ends on the anchor's day, or on its last day if
 * it has no such day: a subscription of 31 January is next billed on 28 February, then on 31 March.
 */
export function periodEnd(start: number, anchor: number, recurring: Price['recurring']): number {
  const count = recurring?.interval_count ?? 1
  switch (recurring?.interval) {
    case 'day':
      return start + count * DAY_S
    case 'week':
      return start + count * 7 * DAY_S
    case 'year':
      return addMonths(start, anchor, count * 12)
    case 'month':
    case undefined:
    default:
      return addMonths(start, anchor, count)
  }
}

function addMonths(start: number, anchor: number, months: number): number {
  const from = new Date(start * 1_000)
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months]
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const day = Math.min(new Date(anchor * 1_000).getUTCDate(), lastDay)
  const secondsOfDay = start - Math.floor(start / DAY_S) * DAY_S
  return Date.UTC(year, month, day) / 1_000 + secondsOfDay
}
