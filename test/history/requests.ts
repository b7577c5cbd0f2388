import { INTERNAL_TOKEN } from '../support/service.ts'

export type Kind = 'deduct' | 'top_up' | 'hold' | 'refund' | 'capture' | 'release' | 'balance'

/** What is asked of one account, as the checker reads it. */
export interface Request {
  kind: Kind
  account: string
  /** The idempotency key; '' for a read. */
  key: string
  /** 0 for all there is, of a refund or capture. */
  amount: number
  /** The key that made the charge or hold it is about; '' for none. */
  target: string
}

/** A refusal's code, or the account right after the call. */
export interface Answer {
  code: string
  balance: number
  available: number
  replayed: boolean
}

/** Several requests in one call: each for itself, or all or none. */
export type Batch = 'each' | 'together'

export interface Reply {
  /** One for each request, in order; null where the outcome is unknown. */
  answers: (Answer | null)[]
  /** Why nothing of a batch was made that is made together; '' for none. */
  refusal: string
  /** What the service calls the transfers and holds that were made, by key. */
  ids: Map<string, string>
}

/** The connection was refused, so nothing was sent. */
export class NotSent extends Error {}

/** An answer that the documentation does not have. */
export class WrongAnswer extends Error {}

const ANSWER_MS_MAX = 15_000

type Body = Record<string, unknown>

/** Sends requests in one call. @throws NotSent, WrongAnswer */
export async function send(
  origin: string,
  requests: readonly Request[],
  batch: Batch | null,
  ids: ReadonlyMap<string, string>,
  cut: AbortSignal | null,
): Promise<Reply> {
  const [first] = requests
  if (first === undefined) throw new Error('Nothing is asked')
  const { path, body } =
    batch === null ? callOf(first, ids) : { path: '/transfers/batch', body: batchOf() }
  function batchOf(): Body {
    const transfers = requests.map((request) => itemOf(request, ids))
    return { transfers, ...(batch === 'together' && { atomic: true }) }
  }
  const unknown = { answers: requests.map(() => null), refusal: '', ids: new Map() }
  const timeout = AbortSignal.timeout(ANSWER_MS_MAX)
  let status: number
  let replayed: boolean
  let answer: Body
  try {
    const response = await fetch(origin + path, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        'x-internal-token': INTERNAL_TOKEN,
        ...(body !== null && { 'content-type': 'application/json' }),
      },
      ...(body !== null && { body: JSON.stringify(body) }),
      signal: cut === null ? timeout : AbortSignal.any([timeout, cut]),
    })
    status = response.status
    replayed = response.headers.get('idempotent-replayed') === 'true'
    answer = (await response.json()) as Body
  } catch (error) {
    if (isRefused(error)) throw new NotSent('The connection was refused')
    return unknown
  }
  if (answer['code'] === 'OUTCOME_UNKNOWN') return unknown
  if (batch === null) return replyOf([read(first, { status, body: answer, replayed })])
  const results = answer['results'] as Result[] | undefined
  if (status === 200 && results !== undefined) {
    return replyOf(requests.map((request, index) => read(request, results[index])))
  }
  const code = String(answer['code'])
  if (status !== 409 && status !== 503 && !NOTHING_STORED.has(code))
    throw new WrongAnswer(`${status} ${JSON.stringify(answer)}`)
  if (batch === 'together') return { answers: [], refusal: code, ids: new Map() }
  return replyOf(requests.map(() => ({ answer: refusalOf(code), id: null })))

  function replyOf(all: { answer: Answer | null; id: string | null }[]): Reply {
    const made = all.flatMap(({ id }, index) =>
      id === null ? [] : [[requests[index]?.key ?? '', id] as const],
    )
    return { answers: all.map((one) => one.answer), refusal: '', ids: new Map(made) }
  }
}

interface Result {
  status: number
  body: Body
  replayed?: boolean
}

function read(request: Request, result: Result | undefined) {
  const { status = 0, body = {}, replayed = false } = result ?? {}
  const code = body['code'] as string | undefined
  if (code === 'OUTCOME_UNKNOWN') return { answer: null, id: null }
  if (status >= 400 && code !== undefined && REFUSALS.has(code)) {
    return { answer: refusalOf(code), id: null }
  }
  if (status !== 200 && status !== 201) throw new WrongAnswer(`${status} ${JSON.stringify(body)}`)
  const { balance, available } = body as { balance: number; available: number }
  const id = body[request.kind === 'hold' ? 'hold_id' : 'transfer_id'] as string | undefined
  return { answer: { code: '', balance, available, replayed }, id: id ?? null }
}

function refusalOf(code: string): Answer {
  return { code, balance: 0, available: 0, replayed: false }
}

/** Nothing was stored, whatever the account says. */
export const NOTHING_STORED: ReadonlySet<string> = new Set([
  'ACCOUNT_BUSY',
  'DATABASE_UNAVAILABLE',
  'OVERLOADED',
  'REQUEST_TIMEOUT',
  'TIMEOUT',
])

/** The request can never succeed any more. */
export const FINAL: ReadonlySet<string> = new Set([
  'ALREADY_REFUNDED',
  'AMOUNT_EXCEEDS_HOLD',
  'HOLD_CLOSED',
  'IDEMPOTENCY_KEY_REUSED',
])

const REFUSALS: ReadonlySet<string> = new Set([...NOTHING_STORED, ...FINAL, 'INSUFFICIENT_FUNDS'])

/** A hold outlives every jump of a clock. */
const HOLD_S = 30 * 86_400

function callOf(request: Request, ids: ReadonlyMap<string, string>) {
  const { kind, account, key, target } = request
  if (kind === 'balance') return { path: `/balance/${account}`, body: null }
  const { op: _, hold_id: __, ...body } = itemOf(request, ids)
  const hold = ids.get(target) ?? ''
  const path = {
    hold: '/holds',
    capture: `/holds/${hold}/capture`,
    release: `/holds/${hold}/release`,
  }
  return {
    path: kind in path ? path[kind as keyof typeof path] : `/${kind}`,
    body: { ...body, idempotency_key: key },
  }
}

function itemOf(
  { kind, account, key, amount, target }: Request,
  ids: ReadonlyMap<string, string>,
): Body {
  const all = { op: kind, idempotency_key: key, ...(amount > 0 && { amount }) }
  if (kind === 'refund') return { ...all, transfer_id: ids.get(target) }
  if (kind === 'capture' || kind === 'release') return { ...all, hold_id: ids.get(target) }
  return { ...all, user_id: account, ...(kind === 'hold' && { expires_in_s: HOLD_S }) }
}

function isRefused(error: unknown): boolean {
  const cause =
    error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return cause?.code === 'ECONNREFUSED'
}
