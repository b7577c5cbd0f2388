import { setTimeout as sleep } from 'node:timers/promises'
import { signatureHeader } from './signature.ts'
import type { StripeEvent } from './types.ts'

export interface DeliverOptions {
  /** The whole URL of the endpoint. */
  to: string
  /** All events so far by default. */
  events?: readonly StripeEvent[]
  /** `shuffled` gives the same order for the same `seed`. */
  order?: 'given' | 'reversed' | 'shuffled'
  seed?: number
  /** How often each event is sent, whatever the answers are; 1 by default. */
  copies?: number
  /** How many are sent at once; 1 by default, which keeps the order. */
  concurrency?: number
  /** How long an answer may take; 10 s by default. */
  timeoutMs?: number
  /** How often a copy is sent at most, before it counts as undelivered; 5 by default. */
  attempts?: number
  /**
   * The wait before the second attempt in ms, 50 by default; it doubles each time, up to a second.
   */
  retryDelayMs?: number
  /** Signs with a secret that is not the account's. */
  secret?: string
}

export interface DeliverReport {
  /** Copies that were answered with a 2xx. */
  delivered: number
  /** The events of the other copies. */
  undelivered: StripeEvent[]
  /** How many attempts were made; more than copies if some were repeated. */
  attempts: number
  /** How often each status was answered; `none` counts timeouts and lost connections. */
  answers: Record<string, number>
  /** The latency of every answered attempt, sorted, in milliseconds. */
  latenciesMs: number[]
}

const RETRY_DELAY_MS_MAX = 1_000
const DEFAULTS = { copies: 1, concurrency: 1, timeoutMs: 10_000, attempts: 5, retryDelayMs: 50 }

/** Sends events as signed webhooks, and repeats each until it is answered with a 2xx. */
export async function deliver(
  options: DeliverOptions & Required<Pick<DeliverOptions, 'events' | 'secret'>>,
  signal?: AbortSignal,
): Promise<DeliverReport> {
  const { to, secret, events, order = 'given', seed = 1 } = options
  const { copies, concurrency, timeoutMs, attempts, retryDelayMs } = { ...DEFAULTS, ...options }
  const report: DeliverReport = {
    delivered: 0,
    undelivered: [],
    attempts: 0,
    answers: {},
    latenciesMs: [],
  }

  /** @returns whether the answer was a 2xx */
  async function attempt(event: StripeEvent): Promise<boolean> {
    report.attempts += 1
    const started = performance.now()
    const status = await post(to, event, { secret, timeoutMs, signal })
    const answer = status === null ? 'none' : String(status)
    report.answers[answer] = (report.answers[answer] ?? 0) + 1
    if (status !== null) report.latenciesMs.push(performance.now() - started)
    return status !== null && status >= 200 && status < 300
  }

  async function send(event: StripeEvent): Promise<void> {
    for (let tried = 1; tried <= attempts; tried++) {
      if (signal?.aborted === true) break
      if (await attempt(event)) {
        report.delivered += 1
        return
      }
      const waitMs = Math.min(retryDelayMs * 2 ** (tried - 1), RETRY_DELAY_MS_MAX)
      if (tried < attempts) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    }
    report.undelivered.push(event)
  }

  const queue = arranged(
    events.flatMap((event) => Array.from({ length: copies }, () => event)),
    order,
    seed,
  )
  let next = 0
  const sender = async () => {
    for (let event = queue[next++]; event !== undefined; event = queue[next++]) await send(event)
  }
  await Promise.all(Array.from({ length: concurrency }, sender))
  report.latenciesMs.sort((a, b) => a - b)
  return report
}

/** One attempt; null without an answer. Like Stripe, it signs each attempt anew. */
async function post(
  to: string,
  event: StripeEvent,
  options: { secret: string; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<number | null> {
  const body = Buffer.from(JSON.stringify(event, null, 2))
  const timeout = AbortSignal.timeout(options.timeoutMs)
  try {
    const response = await fetch(to, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureHeader(body, options.secret),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      body,
      // A redirect is no success and is not followed.
      redirect: 'manual',
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

function arranged<T>(items: T[], order: 'given' | 'reversed' | 'shuffled', seed: number): T[] {
  if (order === 'given') return items
  if (order === 'reversed') return items.toReversed()
  const random = randomOf(seed)
  const keyed = items.map((item) => ({ item, key: random() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
