import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { once } from 'node:events'

const TIMEOUT_MS = 30_000

export interface RawAnswer {
  status: number
  headers: Headers
  text: string
  // As in `service.ts`: tests read answers of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

/** A connection for requests that no HTTP client would send. */
export async function openSocket(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  // The server may close while bytes are still on their way to it.
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** All answers until the server closes the connection. */
export async function readToEnd(socket: Socket): Promise<RawAnswer[]> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  return parseAnswers(Buffer.concat(chunks))
}

/** Sends the bytes unchanged; the request must ask for `connection: close` or be refused. */
export async function sendRaw(origin: string, bytes: string | Buffer): Promise<RawAnswer[]> {
  const socket = await openSocket(origin)
  socket.write(bytes)
  return readToEnd(socket)
}

/**
 * Calls `/health/live` one after the other while a request is answered, from when its last byte is sent.
 * @returns the request's answer, the number of calls, and how long the longest took in ms
 */
export async function callsMeanwhile(
  origin: string,
  request: Buffer,
): Promise<{ answer: RawAnswer; between: number; longestMs: number }> {
  const long = await openSocket(origin)
  await new Promise((sent) => long.write(request.subarray(0, -1), sent))
  const other = await openSocket(origin)
  const live = async () => {
    other.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n')
    await once(other, 'data')
  }
  // Until the connection and the route are warm.
  for (let calls = 0; calls < 20; calls++) await live()
  const answers = readToEnd(long)
  long.write(request.subarray(-1))
  let between = 0
  let longestMs = 0
  while (!long.closed) {
    const begun = performance.now()
    await live()
    longestMs = Math.max(longestMs, performance.now() - begun)
    between++
  }
  other.destroy()
  const [answer] = await answers
  assert.ok(answer)
  return { answer, between, longestMs }
}

/** A request line with the given headers, which may repeat and contain bytes of Latin-1. */
export function rawRequest(
  method: string,
  path: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body?: Buffer | string,
): Buffer {
  const all = [['host', 'localhost'], ['connection', 'close'], ...headers]
  if (body !== undefined) all.push(['content-length', String(Buffer.byteLength(body))])
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return Buffer.concat([head, Buffer.from(body ?? '')])
}

/** The only answer to such a request. */
export async function callRaw(
  origin: string,
  method: string,
  path: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body?: Buffer | string,
): Promise<RawAnswer> {
  const answers = await sendRaw(origin, rawRequest(method, path, headers, body))
  assert.equal(answers.length, 1, `${method} ${path.slice(0, 100)}: one answer`)
  return answers[0] as RawAnswer
}

function parseAnswers(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let at = 0; at < bytes.length;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    assert.notEqual(headEnd, -1, 'an answer has a complete head')
    const [statusLine = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n')
    const headers = new Headers()
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    const status = Number(statusLine.split(' ')[1])
    const isChunked = headers.get('transfer-encoding') === 'chunked'
    const length = Number(headers.get('content-length') ?? 0)
    const { text, end } = isChunked
      ? readChunks(bytes, headEnd + 4)
      : {
          text: bytes.toString('utf8', headEnd + 4, headEnd + 4 + length),
          end: headEnd + 4 + length,
        }
    assert.ok(end <= bytes.length, 'an answer has as many bytes as it says')
    const isJson = headers.get('content-type')?.startsWith('application/json') ?? false
    const body: unknown = isJson ? JSON.parse(text) : text
    if (status >= 200) answers.push({ status, headers, text, body })
    at = end
  }
  return answers
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1, without trailers. */
function readChunks(bytes: Buffer, start: number): { text: string; end: number } {
  const chunks: Buffer[] = []
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    assert.notEqual(lineEnd, -1, 'an answer ends with its last chunk')
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const from = lineEnd + 2
    at = from + length + 2
    if (length === 0) return { text: Buffer.concat(chunks).toString('utf8'), end: at }
    chunks.push(bytes.subarray(from, from + length))
  }
}
