import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * The fate of a request: `lost` before the service has it, `unanswered` after it has it, `silent` for
 * ever, or answered by the proxy itself.
 */
export type Fault =
  | 'lost'
  | 'unanswered'
  | 'silent'
  | { status: number; headers?: Record<string, string>; body?: string }

export interface Seen {
  method: string
  path: string
  idempotencyKey: string | undefined
  body: string
  at_ms: number
}

export interface FaultyProxy {
  url: string
  /** Every request so far, in order. */
  seen: Seen[]
  /** Plans one fault for each of the next requests; later requests pass. */
  plan(...faults: Fault[]): void
}

/** A proxy in front of the service that fails as planned. It ends with the test. */
export async function faultyProxy(t: Pick<TestContext, 'after'>, origin: string) {
  const faults: Fault[] = []
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request
    const body = Buffer.concat(await request.toArray()).toString()
    const idempotencyKey = request.headers['idempotency-key'] as string | undefined
    seen.push({ method, path, idempotencyKey, body, at_ms: performance.now() })
    const fault = faults.shift()
    if (fault === 'silent') return
    if (fault === 'lost') return void response.destroy()
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(fault.body)
      return
    }
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(origin + path, {
      method,
      headers: headers as Record<string, string>,
      ...(body !== '' && { body }),
    })
    const content = Buffer.from(await answer.arrayBuffer())
    if (fault === 'unanswered') return void response.destroy()
    const { 'content-encoding': _____, ...passed } = Object.fromEntries(answer.headers)
    response.writeHead(answer.status, passed).end(content)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const plan = (...next: Fault[]) => {
    faults.splice(0, faults.length, ...next)
    seen.length = 0
  }
  return { url: `http://127.0.0.1:${port}`, seen, plan } satisfies FaultyProxy
}
