#!/usr/bin/env bash
# ical.js makes four dates a month of "the last day of 28 to 31", and takes a year from 29 February to 1 March.
#
# Versions: ical.js 2.2.1, rrule 2.8.1, rrule-temporal 2.2.8 (npm).
# Source:   RFC 5545, section 3.3.10: BYSETPOS picks from the set of each interval of the rule, and dates that do
#           not exist, such as 29 February in other years, are ignored. RFC 7529, section 4.1: with SKIP=BACKWARD
#           such a date becomes the day before it.
# Expected: a rule for "the 31st, or else the last day" gives one date a month in each library, and a year from 29
#           February is 29 February four years later. A library that does not know SKIP refuses it.
# Seen:     next to BYMONTHDAY, ical.js obeys BYSETPOS in the first months only, and then gives each day from 28
#           March on: four renewals a month, and with COUNT the end months too early. From 29 February it goes to
#           1 March. It reads SKIP and drops it, so February and April have no renewal; rrule refuses that rule,
#           and rrule-temporal obeys it. BYMONTHDAY=-1 is right in all three, so write the last day so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent ical.js@2.2.1 rrule@2.8.1 rrule-temporal@2.2.8
cat >renewals.mjs <<'SCRIPT'
import ICAL from 'ical.js'
import rrule from 'rrule'
import { RRuleTemporal } from 'rrule-temporal'

const libraries = {
  rrule: (start, rule) => rrule.rrulestr(`DTSTART:${start}T000000Z\nRRULE:${rule}`).all().map(day => day.toISOString()),
  'rrule-temporal': (start, rule) =>
    new RRuleTemporal({ rruleString: `DTSTART:${start}T000000Z\nRRULE:${rule}` }).all().map(String),
  'ical.js': (start, rule) => {
    const days = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString(start.replace(/(....)(..)/, '$1-$2-')))
    const found = []
    for (let day = days.next(); day; day = days.next()) found.push(day.toString())
    return found
  },
}
for (const [start, rule] of [
  ['20270131', 'FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5'],
  ['20270131', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=7'],
  ['20240229', 'FREQ=YEARLY;COUNT=4'],
  ['20270131', 'RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=5'],
]) {
  console.log(`${rule} from ${start}`)
  for (const [name, expand] of Object.entries(libraries)) {
    try {
      console.log(`  ${name}: ${expand(start, rule).map(day => day.slice(0, 10)).join(' ')}`)
    } catch (error) {
      console.log(`  ${name} refuses: ${error.message}`)
    }
  }
}
SCRIPT
node renewals.mjs | tee seen

diff seen - <<'SEEN'
FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5 from 20270131
  rrule: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31
  rrule-temporal: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31
  ical.js: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31
FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=7 from 20270131
  rrule: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-31
  rrule-temporal: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-31
  ical.js: 2027-01-31 2027-02-28 2027-03-28 2027-03-29 2027-03-30 2027-03-31 2027-04-28
FREQ=YEARLY;COUNT=4 from 20240229
  rrule: 2024-02-29 2028-02-29 2032-02-29 2036-02-29
  rrule-temporal: 2024-02-29 2028-02-29 2032-02-29 2036-02-29
  ical.js: 2024-02-29 2025-03-01 2026-03-01 2027-03-01
RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=5 from 20270131
  rrule refuses: Unknown RRULE property 'RSCALE'
  rrule-temporal: 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31
  ical.js: 2027-01-31 2027-03-31 2027-05-31 2027-07-31 2027-08-31
SEEN
