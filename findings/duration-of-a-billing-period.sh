#!/usr/bin/env bash
# A period of "P1M" is 30 days in pydantic and one minute in pandas, and "P2W" is nothing in Day.js.
#
# Versions: @js-temporal/polyfill 0.5.1, dayjs 1.11.23 (npm); pydantic 2.14.4, pandas 3.1.1, msgspec 0.23.0,
#           isodate 0.7.2 (PyPI).
# Source:   ISO 8601-1, 5.5.2, and the grammar in appendix A of RFC 3339, which `format: duration` of JSON
#           Schema names: before the T an M is months; weeks are a form of their own. A month has no fixed
#           length. Open at the projects: Day.js 2479, pandas 51882, speedate (of pydantic) 100.
# Expected: from 1 January 2028 a month ends on 1 February, two weeks on 15 January, a year on 1 January
#           2029; a library that knows fixed lengths only refuses months and years. What was read is written
#           back.
# Seen:     msgspec refuses, weeks as well; isodate does as Temporal does. pydantic takes a month for 30
#           days and a year for 365, so 12 months are 360 days. It writes "P1M" back as "P30D", and 365 days
#           as "P1Y", which others read as 366 days here. pandas ends the month after one minute. Day.js
#           adds nothing for weeks: a trial of two weeks has ended when it starts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @js-temporal/polyfill@0.5.1 dayjs@1.11.23
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pydantic==2.14.4 pandas==3.1.1 \
  msgspec==0.23.0 isodate==0.7.2

cat >ends.mjs <<'SCRIPT'
import { Temporal } from '@js-temporal/polyfill'
import dayjs from 'dayjs'
import duration from 'dayjs/plugin/duration.js'
import utc from 'dayjs/plugin/utc.js'
dayjs.extend(duration)
dayjs.extend(utc)

const start = '2028-01-01T00:00:00Z'
const ends = {
  temporal: (period) => Temporal.Instant.from(start).toZonedDateTimeISO('UTC').add(period).epochMilliseconds,
  dayjs: (period) => dayjs.utc(start).add(dayjs.duration(period)).valueOf(),
}
for (const [name, end] of Object.entries(ends)) {
  for (const period of ['P1M', 'P12M', 'P1Y', 'P2W', 'P365D']) {
    console.log(name.padEnd(8), period.padEnd(5), new Date(end(period)).toISOString().slice(0, 16))
  }
}
SCRIPT
cat >ends.py <<'SCRIPT'
import datetime, json
import isodate, msgspec, pandas, pydantic

start = datetime.datetime(2028, 1, 1)
adapter = pydantic.TypeAdapter(datetime.timedelta)

def msgspec_duration(period):
    return msgspec.convert(period, datetime.timedelta)

for name, read in (('isodate', isodate.parse_duration), ('msgspec', msgspec_duration),
                   ('pydantic', adapter.validate_python), ('pandas', pandas.Timedelta)):
    for period in ('P1M', 'P12M', 'P1Y', 'P2W', 'P365D'):
        try:
            seen = (start + read(period)).isoformat()[:16]
            if name == 'pydantic':
                seen += ', written back as ' + json.loads(adapter.dump_json(read(period)))
        except ValueError:
            seen = 'refused'
        print(name.ljust(8), period.ljust(5), seen)
SCRIPT
node ends.mjs >seen
venv/bin/python ends.py >>seen
cat seen

diff seen - <<'SEEN'
temporal P1M   2028-02-01T00:00
temporal P12M  2029-01-01T00:00
temporal P1Y   2029-01-01T00:00
temporal P2W   2028-01-15T00:00
temporal P365D 2028-12-31T00:00
dayjs    P1M   2028-02-01T00:00
dayjs    P12M  2029-01-01T00:00
dayjs    P1Y   2029-01-01T00:00
dayjs    P2W   2028-01-01T00:00
dayjs    P365D 2028-12-31T00:00
isodate  P1M   2028-02-01T00:00
isodate  P12M  2029-01-01T00:00
isodate  P1Y   2029-01-01T00:00
isodate  P2W   2028-01-15T00:00
isodate  P365D 2028-12-31T00:00
msgspec  P1M   refused
msgspec  P12M  refused
msgspec  P1Y   refused
msgspec  P2W   refused
msgspec  P365D 2028-12-31T00:00
pydantic P1M   2028-01-31T00:00, written back as P30D
pydantic P12M  2028-12-26T00:00, written back as P360D
pydantic P1Y   2028-12-31T00:00, written back as P1Y
pydantic P2W   2028-01-15T00:00, written back as P14D
pydantic P365D 2028-12-31T00:00, written back as P1Y
pandas   P1M   2028-01-01T00:01
pandas   P12M  2028-01-01T00:12
pandas   P1Y   refused
pandas   P2W   2028-01-15T00:00
pandas   P365D 2028-12-31T00:00
SEEN
