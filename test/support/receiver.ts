import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface Received {
  at: number
  headers: Record<string, string>
  /** The raw body. */
  body: string
  // Tests read events of every type.
  // oxlint-disable-next-line typescript/no-explicit-any
  event: any
}

export interface Receiver {
  url: string
  received: Received[]
  /** Waits until so many have come, each at least once. */
  until(count: number, timeoutMs?: number): Promise<void>
  /** What it does with a message; it answers 204 by default. */
  answer(how: Answering): void
  close(): Promise<void>
}

export type Answering = (
  message: Received,
  response: ServerResponse,
  request: IncomingMessage,
) => void

const accept: Answering = (_, response) => void response.writeHead(204).end()

/** A receiver of events on this machine. */
export async function startReceiver(
  t: Pick<TestContext, 'after'>,
  how: Answering = accept,
  port = 0,
): Promise<Receiver> {
  let answering = how
  const received: Received[] = []
  const watchers = new Set<() => void>()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const headers = request.headers as Record<string, string>
      const message = { at: performance.now(), headers, body, event: JSON.parse(body) as unknown }
      received.push(message)
      answering(message, response, request)
      watchers.forEach((look) => look())
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      sockets.forEach((socket) => socket.destroy())
    })
  t.after(close)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    until: (count, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const seen = () => new Set(received.map(({ event }) => event.seq)).size
        const timer = setTimeout(() => {
          watchers.delete(look)
          reject(new Error(`${seen()} of ${count} events came`))
        }, timeoutMs)
        const look = () => {
          if (seen() < count) return
          clearTimeout(timer)
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    answer: (next) => void (answering = next),
    close,
  }
}
