import autocannon from 'autocannon'
import { signatureHeader } from '../support/stripe/signature.ts'
import type { LoadOptions } from './load.ts'
import type { Seen } from './report.ts'

/** The load of wrk's scripts in `load.ts`, where wrk is not installed: in a process of its own, too. */
export interface AutocannonJob extends LoadOptions {
  kind: 'deducts' | 'checks' | 'batches' | 'reads' | 'tiles' | 'asks' | 'reports' | 'webhooks'
  path: string
  connections: number
  /** Of charges in a batch. */
  batch: number
}

interface Call {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}

const job = JSON.parse(process.argv[2] ?? '') as AutocannonJob
const {
  origin,
  path,
  token,
  prefix,
  users,
  apiKeys,
  durationS,
  connections,
  batch,
  webhookSecret,
} = job
const seed = process.hrtime.bigint()
let n = 0

const user = () => `${prefix}${1 + Math.floor(Math.random() * users)}`
const withKey = () => ({ 'x-api-key': apiKeys[Math.floor(Math.random() * apiKeys.length)] ?? '' })
const JSON_TYPE = { 'content-type': 'application/json' }

const CALLS: Record<AutocannonJob['kind'], () => Call> = {
  deducts: () => ({
    method: 'POST',
    path,
    headers: { ...JSON_TYPE, 'x-internal-token': token, 'idempotency-key': `${seed}-${n++}` },
    body: JSON.stringify({ user_id: user(), amount: 1 }),
  }),
  checks: () => ({
    method: 'POST',
    path,
    headers: { ...JSON_TYPE, 'x-internal-token': token },
    body: JSON.stringify({ user_id: user(), amount: 1 }),
  }),
  batches: () => ({
    method: 'POST',
    path,
    headers: { ...JSON_TYPE, 'x-internal-token': token },
    body: JSON.stringify({
      transfers: Array.from({ length: batch }, () => {
        return { op: 'deduct', user_id: user(), amount: 1, idempotency_key: `${seed}-${n++}` }
      }),
    }),
  }),
  reads: () => ({
    method: 'GET',
    path: `${path}/${user()}`,
    headers: { 'x-internal-token': token },
  }),
  tiles: () => {
    const index = String(Math.floor(Math.random() * users)).padStart(3, '0')
    return { method: 'GET', path: `${path}/0/${index}`, headers: {} }
  },
  asks: () => ({ method: 'GET', path, headers: withKey() }),
  webhooks: () => {
    const body = eventBody(`evt_${seed}_${n++}`)
    const signature = signatureHeader(Buffer.from(body), webhookSecret)
    return { method: 'POST', path, headers: { ...JSON_TYPE, 'stripe-signature': signature }, body }
  },
  reports: () => ({
    method: 'POST',
    path,
    headers: { ...JSON_TYPE, ...withKey() },
    body: JSON.stringify({
      metrics: { 'api.calls': n, 'storage.gb': 3.5 },
      report_id: `${seed}-${n++}`,
    }),
  }),
}

/** About as long as a subscription's. */
function eventBody(id: string): string {
  const object = {
    id: 'ch_1',
    object: 'charge',
    metadata: {},
    lines: Array.from({ length: 20 }, (_, line) => ({ id: `li_${line}`, amount: 100, text: id })),
  }
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(Date.now() / 1_000),
    data: { object },
    livemode: false,
    type: 'charge.succeeded',
  })
}

const { requests, latency, non2xx, errors } = await autocannon({
  url: origin,
  connections,
  duration: durationS,
  requests: [{ setupRequest: (request: object) => ({ ...request, ...CALLS[job.kind]() }) }],
})
if (non2xx + errors > 0) throw new Error(`${non2xx + errors} calls did not succeed`)
const seen: Seen = { perSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 }
process.stdout.write(JSON.stringify(seen))
