// Not the runtime's own: an upgrade of Node must not change when windows begin.
import { Temporal } from 'temporal-polyfill/implementation'

export const WINDOWS = ['hour', 'day', 'week', 'month', 'total'] as const

export type Window = (typeof WINDOWS)[number]

export interface Span {
  start: Date
  /** The first millisecond that is not in it; null for no end. */
  end: Date | null
}

/** Whether it is a name that the runtime's time zone database has. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/**
 * The window of a time by the clock of a time zone. A day begins with the first moment of its date, so it
 * has 23 or 25 hours where clocks change; a week begins on Monday.
 */
export function spanOf(window: Exclude<Window, 'total'>, timeZone: string, time: Date): Span {
  const at = Temporal.Instant.fromEpochMilliseconds(time.getTime()).toZonedDateTimeISO(timeZone)
  if (window === 'hour') {
    // Each hour of real time is one, also the one that a clock shows twice.
    const { minute, second, millisecond } = at
    const start = at.subtract({ minutes: minute, seconds: second, milliseconds: millisecond })
    return { start: dateOf(start), end: dateOf(start.add({ hours: 1 })) }
  }
  const today = at.toPlainDate()
  const [first, length] = {
    day: [today, { days: 1 }] as const,
    week: [today.subtract({ days: today.dayOfWeek - 1 }), { days: 7 }] as const,
    month: [today.with({ day: 1 }), { months: 1 }] as const,
  }[window]
  return {
    start: dateOf(first.toZonedDateTime(timeZone)),
    end: dateOf(first.add(length).toZonedDateTime(timeZone)),
  }
}

function dateOf(time: Temporal.ZonedDateTime): Date {
  return new Date(time.epochMilliseconds)
}
