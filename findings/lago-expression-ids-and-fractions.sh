#!/usr/bin/env bash
# Lago's expressions read a text that looks like a number as one, and a fraction in binary, not as it was sent.
#
# Versions: lago-expression 0.2.0 (npm).
# Source:   Lago's documentation, "SQL expressions": CONCAT joins "two or more strings", with the example
#           `CONCAT(event.properties.user_id, '-', event.properties.app_id)`. Numbers are decimals (bigdecimal).
#           Texts are read in the crate that the Ruby and Go packages share, numbers in the package of npm.
# Expected: CONCAT keeps its texts, so each user stays apart. A usage of 0.1 is the decimal 0.1, whether the
#           event says it as a number or as a text.
# Seen:     the users 007, 7 and +7 are all `7-…`, and 1e3 and 1000 are one as well: a metric of unique users
#           bills them as one. A number gets all digits of its binary form: ten times 0.1, rounded up, are 2
#           (plain JavaScript says 1), and CONCAT writes 55 decimals. For the text "0.1" it is 1. So send
#           quantities as texts, and begin identifiers with a letter.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent lago-expression@0.2.0

cat >evaluate.mjs <<'SCRIPT'
import { readFileSync } from 'node:fs'
// The package's index.js imports its WebAssembly as bundlers do, which Node does not.
const at = name => new URL(`node_modules/lago-expression/${name}`, import.meta.url)
const lago = await import(at('index_bg.js'))
const { instance } = await WebAssembly.instantiate(readFileSync(at('index_bg.wasm')), { './index_bg.js': lago })
lago.__wbg_set_wasm(instance.exports)
lago.start()

const evaluate = (expression, properties) =>
  lago.evaluateExpression(lago.parseExpression(expression), 'code', 1n, properties)

const joined = "concat(event.properties.user_id, '-', event.properties.app_id)"
console.log(joined)
for (const user_id of ['007', '7', '+7', '1e3', '1000', 'u007']) {
  console.log(`  user_id "${user_id}": ${evaluate(joined, { user_id, app_id: 'web' })}`)
}
const quantities = {
  'ceil(event.properties.value * 10)': '0.1',
  'ceil(event.properties.value * 100)': '1.1',
  'round(event.properties.value, 2)': '1.005',
  "concat(event.properties.value, ' GB')": '0.1',
}
for (const [expression, text] of Object.entries(quantities)) {
  console.log(expression)
  for (const value of [text, Number(text)]) {
    console.log(`  value ${JSON.stringify(value)}: ${evaluate(expression, { value })}`)
  }
}
console.log(`in JavaScript: Math.ceil(0.1 * 10) is ${Math.ceil(0.1 * 10)}`)
SCRIPT
node evaluate.mjs | tee seen

diff seen - <<'SEEN'
concat(event.properties.user_id, '-', event.properties.app_id)
  user_id "007": 7-web
  user_id "7": 7-web
  user_id "+7": 7-web
  user_id "1e3": 1000-web
  user_id "1000": 1000-web
  user_id "u007": u007-web
ceil(event.properties.value * 10)
  value "0.1": 1
  value 0.1: 2
ceil(event.properties.value * 100)
  value "1.1": 110
  value 1.1: 111
round(event.properties.value, 2)
  value "1.005": 1.01
  value 1.005: 1
concat(event.properties.value, ' GB')
  value "0.1": 0.1 GB
  value 0.1: 0.1000000000000000055511151231257827021181583404541015625 GB
in JavaScript: Math.ceil(0.1 * 10) is 1
SEEN
