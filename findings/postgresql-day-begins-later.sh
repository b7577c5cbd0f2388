#!/usr/bin/env bash
# PostgreSQL: date_trunc('day', time, zone) can answer a time that is later than the time it was given.
#
# Versions: PostgreSQL 18.7 as PGlite 0.5.17 runs it; Debian's 15.18 and 18.4 built for glibc answer the same.
# Source:   PostgreSQL's manual, appendix B.2: a local time that exists twice takes the offset from after
#           the clocks go back. date_trunc makes a local midnight and then looks for its offset.
# Expected: the start of a day is at or before every moment of that day.
# Seen:     Cuba's clocks go back from 01:00 to 00:00, so midnight comes twice. For a moment between the
#           two, the day "starts" half an hour later. A budget window that is found by date_trunc then
#           contains no moment of its own first hour.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @electric-sql/pglite@0.5.17

cat >day.mjs <<'SCRIPT'
import { PGlite } from '@electric-sql/pglite'
const db = new PGlite()
await db.exec(`set timezone = 'UTC'`)
const { rows } = await db.query(`
  select at::text, date_trunc('day', at, 'America/Havana')::text as start,
    date_trunc('day', at, 'America/Havana') > at as later
  from (values (timestamptz '2025-11-02 04:30Z'), ('2025-11-02 05:30Z')) t (at)`)
for (const { at, start, later } of rows) console.log(`${at} starts ${start} later=${later}`)
await db.close()
SCRIPT
node day.mjs | tee seen

diff seen - <<'SEEN'
2025-11-02 04:30:00+00 starts 2025-11-02 05:00:00+00 later=true
2025-11-02 05:30:00+00 starts 2025-11-02 05:00:00+00 later=false
SEEN
