import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { type createApi, failureAnswer } from './api.ts'
import type { Clock } from './clock.ts'
import type { Fault, createFaults } from './faults.ts'
import { type Form, decodeForm } from './form.ts'
import type { Answer } from './idempotency.ts'
import { API_VERSION } from './types.ts'

/** A request as received. */
export interface LoggedRequest {
  method: string
  path: string
  /** From the query and the body; every value is text. */
  params: Form
  idempotencyKey: string | null
  /** The header `Stripe-Version`. */
  stripeVersion: string | null
  /** Null until it is answered, and for ever if it never is. */
  status: number | null
  /** Whether it got the answer that its idempotency key remembered. */
  isReplay: boolean
}

/** The API over HTTP, not yet listening. Each request is logged before it is processed. */
export function createApiServer(
  answerTo: ReturnType<typeof createApi>,
  faults: ReturnType<typeof createFaults>,
  requests: LoggedRequest[],
  clock: Clock,
): Server {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const logged = logEntry(request, await readBody(request))
    requests.push(logged)
    const fault = faults.take(logged.method, logged.path)
    if (fault?.when === 'before' && (await strikes(fault, logged, response))) return
    const { authorization } = request.headers
    const { answer, isReplay } = await answerTo({ ...logged, authorization }, fault)
    logged.isReplay = isReplay
    if (fault?.when === 'after' && (await strikes(fault, logged, response))) return
    send(response, logged, answer, clock.now())
  }

  /** Whether the fault, or a client that has left, ends the request here. */
  async function strikes(
    fault: Fault,
    logged: LoggedRequest,
    response: ServerResponse,
  ): Promise<boolean> {
    if (fault.kind === 'hang') await faults.hang(response)
    if (fault.kind === 'reset') {
      response.socket?.resetAndDestroy()
      return true
    }
    if (fault.kind === 'fail' && fault.status !== 500) {
      send(response, logged, failureAnswer(fault.status), clock.now())
      return true
    }
    return response.destroyed
  }

  return createServer((request, response) => {
    // Only the connection can fail here, because errors of a call are answered.
    serve(request, response).catch(() => response.destroy())
  })
}

function send(response: ServerResponse, logged: LoggedRequest, answer: Answer, now: number): void {
  if (response.destroyed) return
  logged.status = answer.status
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    date: new Date(now * 1_000).toUTCString(),
    'stripe-version': logged.stripeVersion ?? API_VERSION,
    ...(logged.idempotencyKey !== null && { 'idempotency-key': logged.idempotencyKey }),
    ...answer.headers,
  })
  response.end(answer.body)
}

function logEntry(request: IncomingMessage, body: string): LoggedRequest {
  const { pathname, search } = new URL(request.url ?? '/', 'http://stripe')
  return {
    method: request.method ?? '',
    path: pathname,
    params: decodeForm([search.slice(1), body].filter((part) => part !== '').join('&')),
    idempotencyKey: headerOf(request, 'idempotency-key'),
    stripeVersion: headerOf(request, 'stripe-version'),
    status: null,
    isReplay: false,
  }
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
