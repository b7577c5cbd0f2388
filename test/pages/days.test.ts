import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dayFrom, dayOf, lastDays } from '../../src/pages/shared/days.ts'

const before = process.env['TZ']
process.env['TZ'] = 'America/New_York'
after(() => {
  if (before === undefined) delete process.env['TZ']
  else process.env['TZ'] = before
})

const HOUR_MS = 3_600_000
const at = (text: string) => Date.parse(text)

test('the last days are those of the calendar, where clocks are put back and forward', () => {
  // Clocks went back on 1 November 2026 and forward on 8 March: in the first and the last hour of a day.
  for (const now of [
    '2026-11-05T00:30-05:00',
    '2026-11-05T23:30-05:00',
    '2026-03-10T00:30-04:00',
  ]) {
    const days = lastDays(10, at(now))
    const dates = days.map((day) => new Date(day).getDate())
    assert.equal(new Set(dates).size, 10, `${now}: ${dates.join(' ')}`)
    assert.ok(
      days.every((day) => new Date(day).getHours() === 0 && dayOf(day) === day),
      now,
    )
    assert.equal(days.at(-1), dayOf(at(now)))
  }
  const steps = lastDays(10, at('2026-11-05T12:00-05:00'))
    .map((day, index, all) => (day - (all[index - 1] ?? day)) / HOUR_MS)
    .slice(1)
  assert.deepEqual(
    steps.filter((hours) => hours !== 24),
    [25],
  )
})

test('a date field means the reader’s day', () => {
  assert.equal(dayFrom('2026-07-04'), at('2026-07-04T00:00-04:00'))
  assert.equal(dayFrom('2026-12-04'), at('2026-12-04T00:00-05:00'))
  assert.equal(dayFrom('2026-02-30'), undefined)
  assert.equal(dayFrom('yesterday'), undefined)
})
