import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import { stripeEvent, stripeSignature } from '../support/stripe-events.ts'

/** Somebody's open transaction. */
export async function hold(url: string, ...statements: string[]): Promise<() => Promise<void>> {
  const sql = postgres(url, { ...socketHost(url), max: 1, onnotice: () => undefined })
  for (const statement of statements) await sql.unsafe(statement)
  return async () => {
    await sql.unsafe('rollback')
    await sql.end({ timeout: 1 })
  }
}

export interface Call {
  method: string
  path: string
  headers: Record<string, string>
  body?: unknown
}

/** Of each loop: what is stuck is compared with calm, and not what many calls cost. */
const PAUSE_MS = 100

/** So many loops of a call, with pauses, whatever it is answered, until they are stopped. */
export function traffic(origin: string, loops: number, next: () => Call): () => Promise<void> {
  const stopping = new AbortController()
  const running = Array.from({ length: loops }, async () => {
    while (!stopping.signal.aborted) {
      const { method, path, headers, body } = next()
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)])
      const json = body === undefined ? {} : { 'content-type': 'application/json' }
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const init = { method, signal, headers: { ...json, ...headers } }
      const sent = fetch(origin + path, body === undefined ? init : { ...init, body: text })
      await sent.then((answer) => answer.arrayBuffer()).catch(() => undefined)
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })
  return async () => {
    stopping.abort()
    await Promise.all(running)
  }
}

/** A server that takes connections and says nothing. */
export async function silentServer(): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

/** In Stripe's place: says that it is overrun, or nothing at all while it hangs. */
export async function stripeServer() {
  let hangs = false
  const server = createHttpServer((request, response) => {
    request.resume()
    if (hangs) return
    const error = { error: { type: 'invalid_request_error', message: 'none here' } }
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hang: (value: boolean) => {
      hangs = value
      if (!value) server.closeAllConnections()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The same event of Stripe again, signed. */
export function sameEvent(id: string, secret: string): Call {
  const body = JSON.stringify(stripeEvent({ id, type: 'charge.updated' }))
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': stripeSignature(body, { secret }),
  }
  return { method: 'POST', path: '/api/webhooks/stripe', headers, body }
}

/** Holds of one account whose time was over an hour ago, as after as long a downtime; or is over in a year. */
export async function manyHolds(url: string, count: number, areLapsed: boolean): Promise<void> {
  const userId = `held-${randomUUID()}`
  const expiry = areLapsed ? `now() - interval '1 hour'` : `now() + interval '1 year'`
  await once(
    url,
    `with opened as (
       insert into accounts (user_id, asset, tier, balance, held, seq)
       values ('${userId}', 'USD/2', 'pro', ${count}, ${count}, ${count})
       returning id, asset
     ), moved as (
       insert into transfers (account_id, seq, debit_account_id, credit_account_id, asset, amount,
         kind, balance_after, held_after, available_after, idempotency_key, fingerprint, actor,
         created_at)
       select o.id, n, o.id, s.id, o.asset, 1, 'hold', ${count}, n, ${count} - n,
         gen_random_uuid()::text, sha256('1'), 'bench', clock_timestamp()
       from opened o cross join generate_series(1, ${count}) n
       join accounts s on s.system = 'holds' and s.asset = o.asset
     )
     insert into holds (account_id, seq, amount, status, expires_at)
     select id, n, 1, 'open', ${expiry} from opened, generate_series(1, ${count}) n`,
  )
}

/** Reports that are past their retention, or not. */
export function manyReports(
  url: string,
  customerId: string,
  count: number,
  areExpired: boolean,
): Promise<void> {
  return once(
    url,
    `insert into usage_reports
     select '${customerId}', 'old-' || gen_random_uuid(), null,
       now() - interval '${areExpired ? 200 : 2} days' - n * interval '1 second', now(), '{"calls":1}', sha256('1')
     from generate_series(1, ${count}) n`,
  )
}

/** Events that are parked, or done with. */
export function manyEvents(url: string, count: number, areParked: boolean): Promise<void> {
  const settled = areParked ? `'parked', 'bench'` : `'applied', null`
  return once(
    url,
    `insert into stripe_events (id, type, livemode, created_at, payload, status, reason, settled_at)
     select 'evt_' || gen_random_uuid(), 'charge.updated', false, now(), '{}', ${settled}, now()
     from generate_series(1, ${count})`,
  )
}

async function once(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { ...socketHost(url), max: 1, onnotice: () => undefined })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
