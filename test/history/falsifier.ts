import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Ends } from '../drills/report.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'

/** A lie that a history must not hide. */
export const FALSEHOODS = ['lost update', 'stale read', 'doubled charge'] as const
export type Falsehood = (typeof FALSEHOODS)[number]

export interface Falsifier {
  origin: string
  /** Whether it has lied. */
  hasLied(): boolean
}

/** It lets this much pass first, so that there is something to lie about. */
const HONEST = 40

interface Passed {
  status: number
  headers: Headers
  content: Buffer
}

/**
 * Stands between clients and the service, and lies once. Lost update: a charge is answered, and then undone. Stale
 * read: a balance is answered as it was before. Doubled charge: it is made twice, and answered once.
 */
export async function startFalsifier(
  ends: Ends,
  origin: string,
  falsehood: Falsehood,
): Promise<Falsifier> {
  let passed = 0
  let isBusy = false
  let hasLied = false
  const reads = new Map<string, { first: Buffer; latest: Buffer }>()

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request
    const body = Buffer.concat(await request.toArray()).toString()
    const answer = await pass(method, path, body)
    passed++
    const mayLie = !hasLied && !isBusy && passed > HONEST && answer.status === 200
    const content = mayLie ? await falsified(method, path, body, answer) : answer.content
    if (method === 'GET' && answer.status === 200) {
      reads.set(path, { first: reads.get(path)?.first ?? content, latest: answer.content })
    }
    const {
      'content-encoding': _,
      'transfer-encoding': __,
      ...headers
    } = Object.fromEntries(answer.headers)
    response.writeHead(answer.status, { ...headers, 'content-length': content.length })
    response.end(content)
  }

  async function falsified(
    method: string,
    path: string,
    body: string,
    answer: Passed,
  ): Promise<Buffer> {
    const before = reads.get(path)
    // Another read was answered with something else meanwhile, so the first one can't be concurrent.
    const isStale = before !== undefined && differ(before.first, before.latest, answer.content)
    if (falsehood === 'stale read' && method === 'GET' && isStale) {
      hasLied = true
      return before.first
    }
    const isFirst = answer.headers.get('idempotent-replayed') === null
    if (falsehood !== 'stale read' && path === '/deduct' && isFirst) {
      isBusy = true
      const again = JSON.parse(body) as Record<string, unknown>
      const key = `${String(again['idempotency_key'])}-again`
      const other = JSON.stringify({ ...again, idempotency_key: key })
      const kind = falsehood === 'lost update' ? '/top_up' : '/deduct'
      // There may be too little left to charge twice; then another charge is.
      hasLied = (await pass('POST', kind, other)).status === 200
      isBusy = false
    }
    return answer.content
  }

  async function pass(method: string, path: string, body: string): Promise<Passed> {
    const answer = await fetch(origin + path, {
      method,
      headers: {
        'x-internal-token': INTERNAL_TOKEN,
        ...(body !== '' && { 'content-type': 'application/json' }),
      },
      ...(body !== '' && { body }),
    })
    const content = Buffer.from(await answer.arrayBuffer())
    return { status: answer.status, headers: answer.headers, content }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, hasLied: () => hasLied }
}

function differ(first: Buffer, ...others: Buffer[]): boolean {
  const balance = (content: Buffer) =>
    (JSON.parse(content.toString()) as { balance: number }).balance
  return others.every((other) => balance(other) !== balance(first))
}
