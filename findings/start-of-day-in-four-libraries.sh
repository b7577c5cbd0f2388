#!/usr/bin/env bash
# Luxon and Day.js disagree with Temporal about when a day starts where clocks change at midnight.
#
# Versions: luxon 3.7.2, dayjs 1.11.23, date-fns 4.4.0 with @date-fns/tz 1.5.0, @js-temporal/polyfill 0.5.1.
# Source:   run here. Temporal's rule is in the proposal: startOfDay is the first moment of the calendar day.
# Expected: one start for all moments of one calendar day, and the same one in each library.
# Seen:     In Havana midnight comes twice on 2 November 2025. Luxon gives this one day two starts: the
#           first midnight for moments before the second one, and the second for all later ones. A budget of
#           a day is reset twice. In Cairo there was no midnight on 25 April 2025. Day.js answers 23:00 of
#           the day before, an hour that belongs to another window.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent luxon@3.7.2 dayjs@1.11.23 date-fns@4.4.0 @date-fns/tz@1.5.0 \
  @js-temporal/polyfill@0.5.1

cat >days.mjs <<'SCRIPT'
import { TZDate } from '@date-fns/tz'
import { Temporal } from '@js-temporal/polyfill'
import { startOfDay } from 'date-fns'
import dayjs from 'dayjs'
import timezone from 'dayjs/plugin/timezone.js'
import utc from 'dayjs/plugin/utc.js'
import { DateTime } from 'luxon'
dayjs.extend(utc)
dayjs.extend(timezone)

const starts = {
  temporal: (at, zone) =>
    Temporal.Instant.from(at).toZonedDateTimeISO(zone).startOfDay().epochMilliseconds,
  'date-fns': (at, zone) => startOfDay(new TZDate(at, zone)).getTime(),
  dayjs: (at, zone) => dayjs(at).tz(zone).startOf('day').valueOf(),
  luxon: (at, zone) => DateTime.fromISO(at, { zone }).startOf('day').toMillis(),
}
for (const [zone, at] of [
  ['America/Havana', '2025-11-02T04:30:00Z'],
  ['America/Havana', '2025-11-02T05:30:00Z'],
  ['Africa/Cairo', '2025-04-25T12:00:00Z'],
]) {
  console.log(`${zone} ${at}`)
  for (const [name, start] of Object.entries(starts)) {
    console.log(`  ${name} ${new Date(start(at, zone)).toISOString()}`)
  }
}
SCRIPT
node days.mjs | tee seen

diff seen - <<'SEEN'
America/Havana 2025-11-02T04:30:00Z
  temporal 2025-11-02T04:00:00.000Z
  date-fns 2025-11-02T04:00:00.000Z
  dayjs 2025-11-02T04:00:00.000Z
  luxon 2025-11-02T04:00:00.000Z
America/Havana 2025-11-02T05:30:00Z
  temporal 2025-11-02T04:00:00.000Z
  date-fns 2025-11-02T04:00:00.000Z
  dayjs 2025-11-02T04:00:00.000Z
  luxon 2025-11-02T05:00:00.000Z
Africa/Cairo 2025-04-25T12:00:00Z
  temporal 2025-04-24T22:00:00.000Z
  date-fns 2025-04-24T22:00:00.000Z
  dayjs 2025-04-24T21:00:00.000Z
  luxon 2025-04-24T22:00:00.000Z
SEEN
