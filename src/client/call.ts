import type { Client } from 'openapi-fetch'
import { type AnswerKind, holds } from './answers.ts'
import type { Sent, SentBatch } from './errors.ts'
import type { operations, paths } from './generated/schema.ts'
import { newKey } from './key.ts'
import { sendReports } from './reports.ts'
import { type CallRules, RETRIES, type TransportOptions, transport } from './transport.ts'

type Id = keyof operations
/** `never` marks a part that a call does not have. */
type Present<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>
type Json<T> = T extends { content: { 'application/json': infer B } } ? B : unknown
/** The answers of every 2xx: an erasure, for one, is over with 200 and continues with 202. */
type Succeeded<R> = { [S in keyof R]: S extends Success<S> ? R[S] : never }[keyof R]
type Success<S> = S extends number ? (`${S}` extends `2${string}` ? S : never) : never
type Content<R> = R extends { content: infer C }
  ? C extends { 'application/octet-stream': unknown }
    ? Uint8Array
    : C[keyof C]
  : undefined
type Fields<I extends Id> = Present<operations[I]['parameters']['path']> &
  Present<operations[I]['parameters']['query']> &
  Json<Present<operations[I]['requestBody']>>

/** The parameters of path and query and the fields of the body, in one object. */
export type Input<I extends Id> = { [K in keyof Fields<I>]: Fields<I>[K] }

export type Answer<I extends Id> = Content<Succeeded<operations[I]['responses']>>

export interface CallOptions extends Omit<TransportOptions, 'fetch'> {
  signal?: AbortSignal
  /**
   * For calls that move money or create a customer. Without it and without `idempotency_key` the
   * client makes one.
   */
  idempotencyKey?: string
}

/** @throws StrongroomError */
export type Call<I extends Id> = keyof Fields<I> extends never
  ? (input?: Record<string, never>, options?: CallOptions) => Promise<Answer<I>>
  : Partial<Fields<I>> extends Fields<I>
    ? (input?: Input<I>, options?: CallOptions) => Promise<Answer<I>>
    : (input: Input<I>, options?: CallOptions) => Promise<Answer<I>>

export interface Operation {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete'
  path: keyof paths
  /** What makes the call happen once: a header, the `report_id` of the body or of each report, the key of each transfer. */
  key?: 'header' | 'report' | 'reports' | 'transfers'
  /** What a successful answer holds; `json` if not given. */
  answer?: AnswerKind
  /** A field that every successful answer of a call with a key has. */
  field?: string
  /** Whether the call takes no body, although its method allows one. */
  bare?: true
}

/** POST calls that are safe to repeat by their nature. */
const SAME_AGAIN: ReadonlySet<string> = new Set<keyof paths>([
  '/account',
  '/api/licenses/{license_id}/revoke',
  '/api/subscriptions/checkout',
])

/** How openapi-fetch is to read an answer. */
const PARSE_AS: Readonly<Record<AnswerKind, string>> = {
  json: 'json',
  text: 'text',
  bytes: 'arrayBuffer',
  none: 'json',
}

type Values = Record<string, unknown>
type AnyCall = (input?: Values, options?: CallOptions) => Promise<unknown>
/** The signature of openapi-fetch for operations that are only known at run time. */
type AnyRequest = (method: string, path: string, init: object) => Promise<{ data?: unknown }>

export type Calls<Operations> = { [I in keyof Operations & Id]: Call<I> }

/** A method for each operation, through openapi-fetch. */
export function callsOf<Operations extends Record<string, Operation>>(
  http: Client<paths>,
  operations: Operations,
  defaults: TransportOptions,
): Calls<Operations> {
  const request = http.request as unknown as AnyRequest
  const call =
    ({ method, path, key, answer = 'json', field, bare }: Operation): AnyCall =>
    async (input = {}, { signal, idempotencyKey, ...options } = {}) => {
      const { inPath, others } = split(path, input)
      const hasBody = method !== 'get' && method !== 'delete' && bare !== true
      const header = key === 'header' && (idempotencyKey ?? others['idempotency_key'] ?? newKey())
      const isRepeatable =
        key !== undefined || (method !== 'post' && method !== 'patch') || SAME_AGAIN.has(path)
      const body = key === 'transfers' ? withKeys(others) : withReportIds(key, others)
      const rules: CallRules = {
        isRepeatable: () => isRepeatable,
        isOwn: (received) => holds(received, answer, field),
        sent: sentIn(key, body),
      }
      const send = async (part: Values): Promise<unknown> => {
        const { data } = await request(method, path, {
          params: { path: inPath, ...(!hasBody && { query: others }) },
          ...(hasBody && { body: part }),
          ...(header !== false && { headers: { 'Idempotency-Key': header } }),
          parseAs: PARSE_AS[answer],
          ...(signal && { signal }),
          fetch: transport({ ...defaults, ...options }, rules),
        })
        if (answer === 'none') return undefined
        return answer === 'bytes' ? new Uint8Array(data as ArrayBuffer) : data
      }
      if (key !== 'reports') return send(body)
      const retries = options.retries ?? defaults.retries ?? RETRIES
      return sendReports(body['reports'] as Values[], send, retries, signal)
    }
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, call(operation)]),
  ) as Calls<Operations>
}

function split(path: string, input: Values): { inPath: Values; others: Values } {
  const inPath: Values = {}
  const others: Values = {}
  for (const [name, value] of Object.entries(input)) {
    const place = path.includes(`{${name}}`) ? inPath : others
    place[name] = value
  }
  return { inPath, others }
}

/** A report without an id would count twice if it were sent twice. */
function withReportIds(key: Operation['key'], body: Values): Values {
  if (key === 'report') return withReportId(body)
  if (key !== 'reports') return body
  const reports = body['reports'] as Values[]
  return { ...body, reports: reports.map(withReportId) }
}

/** Sent twice, a transfer without a key of its own would be made twice. */
function withKeys(body: Values): Values {
  const transfers = body['transfers'] as Values[]
  return {
    ...body,
    transfers: transfers.map((one) => {
      return { ...one, idempotency_key: one['idempotency_key'] ?? newKey() }
    }),
  }
}

/** What the errors of a call name of its body. */
function sentIn(key: Operation['key'], body: Values): Sent {
  if (key === 'report') return { reportId: body['report_id'] as string }
  return key === 'reports' || key === 'transfers' ? { batch: body as unknown as SentBatch } : {}
}

function withReportId(report: Values): Values {
  return { ...report, report_id: report['report_id'] ?? newKey() }
}
