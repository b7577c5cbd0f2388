import type { Answer, CallOptions, Input } from './call.ts'
import { StrongroomError, errorOf } from './errors.ts'
import type { InternalCalls } from './generated/operations.ts'
import { newKey } from './key.ts'
import { RETRIES, type TransportOptions, delayMs, mayPass, pause } from './transport.ts'

export interface BatchingOptions {
  /** Of calls in a batch; 100 if not given, at most 1,000. */
  maxSize?: number
  /** How long the first call of a batch waits for others; 5 if not given. */
  maxDelayMs?: number
}

const SIZE_MAX = 1_000
/** Below the 4 MiB that the service takes. */
const CHARS_MAX = 1_000_000

/** The calls that are collected, by the name of their transfer in a batch. */
const OPS = {
  deduct: 'deduct',
  topUp: 'top_up',
  refund: 'refund',
  createHold: 'hold',
  captureHold: 'capture',
  releaseHold: 'release',
} as const

type Name = keyof typeof OPS
type Transfer = Input<'moveMany'>['transfers'][number]
type Values = Record<string, unknown>
type AnyCall = (input: Values, options?: CallOptions) => Promise<unknown>

interface Waiting {
  transfer: Transfer
  chars: number
  key: string
  tries: number
  retries: number
  signal: AbortSignal
  resolve: (answer: unknown) => void
  reject: (reason: unknown) => void
}

/**
 * The same calls, collected into batches: each caller has its own answer or error, and is tried again
 * alone, as if its call had gone by itself. A call with a `timeoutMs` of its own does.
 */
export function batched(
  calls: InternalCalls,
  { maxSize = 100, maxDelayMs = 5 }: BatchingOptions,
  defaults: TransportOptions,
): InternalCalls {
  if (!Number.isInteger(maxSize) || maxSize < 1 || maxSize > SIZE_MAX) {
    throw new TypeError(`maxSize must be a whole number from 1 to ${SIZE_MAX}`)
  }
  if (!(maxDelayMs >= 0)) throw new TypeError('maxDelayMs must be a number from 0 on')
  let waiting: Waiting[] = []
  let chars = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function enqueue(one: Waiting): void {
    if (chars + one.chars > CHARS_MAX) flush()
    waiting.push(one)
    chars += one.chars
    if (waiting.length >= maxSize) flush()
    else timer ??= setTimeout(flush, maxDelayMs)
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting.filter(({ signal }) => !signal.aborted)
    waiting = []
    chars = 0
    if (batch.length > 0) void send(batch)
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    try {
      const transfers = batch.map(({ transfer }) => transfer)
      const { results } = await calls.moveMany({ transfers })
      batch.forEach((one, index) => settle(one, results[index]))
    } catch (error) {
      for (const one of batch) one.reject(ownError(error, one.key))
    }
  }

  function settle(one: Waiting, result: Answer<'moveMany'>['results'][number] | undefined): void {
    if (result !== undefined && result.status < 400) return one.resolve(result.body)
    const { status, body = {} } = result ?? { status: 500 }
    const { request_id: requestId } = body as { request_id?: string }
    const headers = {
      ...(requestId !== undefined && { 'x-request-id': requestId }),
      // What the service says of each 503.
      ...(status === 503 && { 'retry-after': '1' }),
    }
    const sent = { idempotencyKey: one.key }
    const error = errorOf({ status, headers: new Headers(headers) }, JSON.stringify(body), sent)
    if (one.tries >= one.retries || !mayPass(error)) return one.reject(error)
    pause(delayMs(one.tries, error.retryAfterMs ?? 0), one.signal).then(
      () => enqueue({ ...one, tries: one.tries + 1 }),
      one.reject,
    )
  }

  const collected = (name: Name): AnyCall => {
    const single = calls[name] as unknown as AnyCall
    return (input, options = {}) => {
      const { idempotencyKey, signal, retries = defaults.retries ?? RETRIES, timeoutMs } = options
      const { idempotency_key: given } = input
      const differ = idempotencyKey !== undefined && given !== undefined && given !== idempotencyKey
      if (timeoutMs !== undefined || differ) return single(input, options)
      const key = idempotencyKey ?? (given as string | undefined) ?? newKey()
      const transfer = { ...input, op: OPS[name], idempotency_key: key } as Transfer
      return new Promise((resolve, reject) => {
        const waits = signal ?? new AbortController().signal
        const abort = () => reject(waits.reason as Error)
        if (waits.aborted) return abort()
        waits.addEventListener('abort', abort, { once: true })
        const done = <T>(settled: (value: T) => void) => {
          return (value: T) => {
            waits.removeEventListener('abort', abort)
            settled(value)
          }
        }
        enqueue({
          transfer,
          chars: JSON.stringify(transfer).length,
          key,
          tries: 0,
          retries,
          signal: waits,
          resolve: done(resolve),
          reject: done(reject),
        })
      })
    }
  }
  const ours = Object.keys(OPS).map((name) => [name, collected(name as Name)])
  return { ...calls, ...(Object.fromEntries(ours) as Partial<InternalCalls>) }
}

/** What befell a batch, as of one of its calls. */
function ownError(error: unknown, idempotencyKey: string): unknown {
  if (!(error instanceof StrongroomError)) return error
  const { message, code, statusCode, requestId, details, retryAfterMs, cause } = error
  return new StrongroomError(message, {
    code,
    ...(statusCode !== null && { statusCode }),
    requestId,
    details,
    retryAfterMs,
    idempotencyKey,
    cause,
  })
}
