/** Days as the reader's clock has them: where it is put forward or back, one has 23 or 25 hours. */

/** When a day began, in milliseconds. */
export function dayOf(ms: number): number {
  const at = new Date(ms)
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
}

/** When each of the last days began, the oldest first, today last. */
export function lastDays(count: number, now = Date.now()): number[] {
  const at = new Date(now)
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()]
  return Array.from({ length: count }, (_, index) =>
    new Date(year, month, day - (count - 1 - index)).getTime(),
  )
}

/** When the day began that a date field has, such as `2026-11-24`; undefined for what is no day. */
export function dayFrom(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return undefined
  const at = new Date(year, month - 1, day)
  // The thirtieth of February would be a day of March.
  return at.getMonth() === month - 1 && at.getDate() === day ? at.getTime() : undefined
}
