#!/usr/bin/env bash
# Three billing SDKs repeat a charge, a refund or a grant on their own, without a key that makes it one.
#
# Versions: stripe 23.1.0, orb-billing 6.11.0, dodopayments 2.52.0, @metronome/sdk 3.10.0, @unkey/api 2.5.1
#           (npm).
# Source:   RFC 9110, section 9.2.2: a client should not repeat a method that is not idempotent by itself,
#           unless it knows that the request is idempotent after all. The read-me's of Dodo and Metronome
#           name the two repetitions, not what they mean for a POST; Unkey's says that some calls have
#           them.
# Expected: an SDK that repeats a POST makes an idempotency key for it, as those of Stripe and Orb do.
# Seen:     after a 503, or a connection that ended when the request had arrived, all five send the POST
#           again. Stripe and Orb send one key with both. Dodo (charge, refund), Metronome (prepaid commit)
#           and Unkey (take credits away) send none: the requests are equal up to a header that counts the
#           tries. Dodo and Metronome repeat after a 409 too. A Metronome commit takes a `uniqueness_key`;
#           Dodo's charge and refund take none. There `maxRetries: 0` ends it, and in Unkey a `retryConfig`
#           with the strategy "none".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent stripe@23.1.0 orb-billing@6.11.0 dodopayments@2.52.0 \
  @metronome/sdk@3.10.0 @unkey/api@2.5.1

cat >charge.mjs <<'SCRIPT'
import { createServer } from 'node:http'
import { once } from 'node:events'
import Metronome from '@metronome/sdk'
import { Unkey } from '@unkey/api'
import DodoPayments from 'dodopayments'
import Orb from 'orb-billing'
import Stripe from 'stripe'

const year = { amount: 1000, starting_at: '2026-01-01T00:00:00Z', ending_before: '2027-01-01T00:00:00Z' }
const calls = {
  'Stripe charge': ({ hostname, port }) =>
    new Stripe('sk', { host: hostname, port, protocol: 'http', telemetry: false }).paymentIntents.create({
      amount: 1000,
      currency: 'usd',
    }),
  'Orb debit': ({ origin }) =>
    new Orb({ apiKey: 'key', baseURL: origin }).customers.credits.ledger.createEntry('ada', {
      entry_type: 'decrement',
      amount: 1000,
    }),
  'Dodo charge': ({ origin }) =>
    new DodoPayments({ bearerToken: 'key', baseURL: origin }).subscriptions.charge('sub_1', {
      product_price: 1000,
    }),
  'Dodo refund': ({ origin }) =>
    new DodoPayments({ bearerToken: 'key', baseURL: origin }).refunds.create({ payment_id: 'pay_1' }),
  'Metronome commit': ({ origin }) =>
    new Metronome({ bearerToken: 'key', baseURL: origin }).v1.customers.commits.create({
      customer_id: 'ada',
      type: 'PREPAID',
      product_id: 'credits',
      priority: 1,
      access_schedule: { schedule_items: [year] },
    }),
  'Unkey debit': ({ origin }) =>
    new Unkey({ rootKey: 'key', serverURL: origin }).keys.updateCredits({
      keyId: 'key_12345678',
      operation: 'decrement',
      value: 1000,
    }),
}

/** The first request is answered with this status, or not at all, each further one with a 200. */
async function received(call, status) {
  const requests = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    requests.push({ body, key: request.headers['idempotency-key'] })
    const isFirst = requests.length === 1
    if (isFirst && status === null) return request.socket.destroy()
    response.writeHead(isFirst ? status : 200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await call(new URL(`http://127.0.0.1:${server.address().port}`)).catch(() => {})
  server.closeAllConnections()
  server.close()
  return requests
}

const answers = { 'status 503': 503, 'none, the connection ends': null, 'status 409': 409 }
for (const [answer, status] of Object.entries(answers)) {
  console.log(`first answer: ${answer}`)
  for (const [name, call] of Object.entries(calls)) {
    const requests = await received(call, status)
    const keys = new Set(requests.map(({ key }) => key))
    const bodies = new Set(requests.map(({ body }) => body))
    const key = keys.has(undefined) ? 'no key' : `${keys.size} key`
    console.log(`  ${name.padEnd(16)} sent ${requests.length}, ${bodies.size} body, ${key}`)
  }
}
SCRIPT
node charge.mjs | tee seen

diff seen - <<'SEEN'
first answer: status 503
  Stripe charge    sent 2, 1 body, 1 key
  Orb debit        sent 2, 1 body, 1 key
  Dodo charge      sent 2, 1 body, no key
  Dodo refund      sent 2, 1 body, no key
  Metronome commit sent 2, 1 body, no key
  Unkey debit      sent 2, 1 body, no key
first answer: none, the connection ends
  Stripe charge    sent 2, 1 body, 1 key
  Orb debit        sent 2, 1 body, 1 key
  Dodo charge      sent 2, 1 body, no key
  Dodo refund      sent 2, 1 body, no key
  Metronome commit sent 2, 1 body, no key
  Unkey debit      sent 2, 1 body, no key
first answer: status 409
  Stripe charge    sent 2, 1 body, 1 key
  Orb debit        sent 2, 1 body, 1 key
  Dodo charge      sent 2, 1 body, no key
  Dodo refund      sent 2, 1 body, no key
  Metronome commit sent 2, 1 body, no key
  Unkey debit      sent 1, 1 body, no key
SEEN
