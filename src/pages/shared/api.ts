import type { Answer, Input, Operation } from '../../client/call.ts'
import type { components } from '../../client/generated/schema.ts'
import type { operations } from '../../client/generated/schema.ts'
import { BASE } from './base.ts'

export type Schemas = components['schemas']
type Body = Partial<Schemas['Error']>

interface Issued {
  what: string
  id: string
  undo: string
}

type Facts = Pick<ApiError, 'code' | 'status'> &
  Partial<Pick<ApiError, 'requestId' | 'retryAfter' | 'issued'>>

/** A refusal of the service, or `CONNECTION_FAILED`. Decide by `code`. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly requestId: string | null
  /** Seconds until another try makes sense; null where the service has not said. */
  readonly retryAfter: number | null
  /** What a call of unknown outcome may have made, which then has to be undone. */
  readonly issued: readonly Issued[]

  constructor(message: string, facts: Facts) {
    super(message)
    this.code = facts.code
    this.status = facts.status
    this.requestId = facts.requestId ?? null
    this.retryAfter = facts.retryAfter ?? null
    this.issued = facts.issued ?? []
  }
}

export interface CallOptions {
  signal?: AbortSignal | undefined
  idempotencyKey?: string
  /** The media type of the answer, if it is to be another than JSON. */
  accept?: string
}

type Values = Record<string, unknown>
type OptionalInput<I extends keyof operations> =
  Partial<Input<I>> extends Input<I> ? [Input<I>?] : [Input<I>]

/**
 * Calls of operations by their names, as the generated client has them, with the session's cookie.
 * @param lost is called when the session behind the cookie has ended
 */
export function caller<Operations extends Partial<Record<keyof operations, Operation>>>(
  known: Operations,
  lost: () => void,
) {
  return async <I extends keyof Operations & keyof operations>(
    id: I,
    ...[input, options = {}]:
      [...OptionalInput<I>, CallOptions?] | [Input<I> | undefined, CallOptions?]
  ): Promise<Answer<I>> => {
    const operation = known[id] as Operation
    const { url, body } = place(operation, (input ?? {}) as Values)
    const response = await request(operation.method.toUpperCase(), url, body, options)
    if (response.ok) {
      return (await contentOf(response, operation)) as Answer<I>
    }
    const error = await errorOf(response)
    // The internal scope answers a missing credential with a 403, as the admin scope does with a 401.
    if (error.status === 401 || error.code === 'FORBIDDEN') lost()
    throw error
  }
}

/** A call of a path, for what the generated operations leave out. */
export async function request(
  method: string,
  path: string,
  body?: unknown,
  { signal, idempotencyKey, accept }: CallOptions = {},
): Promise<Response> {
  try {
    return await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(accept !== undefined && { accept }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    const facts = { code: 'CONNECTION_FAILED', status: 0 }
    throw new ApiError('The service could not be reached.', facts)
  }
}

async function contentOf(response: Response, { answer }: Operation): Promise<unknown> {
  if (answer === 'bytes') return new Uint8Array(await response.arrayBuffer())
  const text = await response.text()
  if (answer === 'text') return text
  return answer === 'none' ? undefined : parsed(text, response)
}

/** @throws ApiError `UNKNOWN_ANSWER` for a text that is no JSON, as from a proxy */
function parsed(text: string, { status, headers }: Response): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const message = `This page does not read it; its type is ${headers.get('content-type') ?? 'not given'}.`
    throw new ApiError(message, { code: 'UNKNOWN_ANSWER', status })
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Body
  const details = Array.isArray(body.details)
    ? (body.details as { path: string; message: string }[])
    : []
  const said = details.map(({ path, message }) => `${path.replace(/^\//, '')} ${message}`)
  const message = said.length > 0 ? said.join('; ') : (body.message ?? `HTTP ${response.status}`)
  const retryAfter = Number(response.headers.get('retry-after') ?? NaN)
  return new ApiError(message, {
    code: body.code ?? 'UNKNOWN_ANSWER',
    status: response.status,
    requestId: body.request_id ?? null,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
    issued: issuedBy(body),
  })
}

/** Of a browser that is handed a cookie, and then has none. Its cookies are `Secure`. */
export function notKept(): ApiError {
  const message = 'The browser has not kept the session: it needs https, or localhost.'
  return new ApiError(message, { code: 'SESSION_NOT_KEPT', status: 0 })
}

const ISSUED = {
  key_id: ['API key', 'revoke'],
  token_id: ['token', 'revoke'],
  license_id: ['licence', 'revoke'],
  endpoint_id: ['endpoint', 'delete'],
} as const

function issuedBy(body: Body): Issued[] {
  return Object.entries(ISSUED).flatMap(([field, [what, undo]]) => {
    const id = body[field as keyof typeof ISSUED]
    return typeof id === 'string' ? [{ what, id, undo }] : []
  })
}

function place({ method, path, bare }: Operation, input: Values): { url: string; body?: Values } {
  const others: Values = {}
  let url: string = path
  for (const [name, value] of Object.entries(input)) {
    const hole = `{${name}}`
    if (url.includes(hole)) url = url.replace(hole, encodeURIComponent(String(value)))
    else if (value !== undefined && value !== '') others[name] = value
  }
  const hasBody = method !== 'get' && method !== 'delete' && bare !== true
  if (hasBody) return { url, body: others }
  const query = new URLSearchParams(
    Object.entries(others).map(([name, value]) => [name, String(value)]),
  ).toString()
  return { url: query === '' ? url : `${url}?${query}` }
}
