import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { perSocket } from './per-socket.ts'

/** How long, and how much, is still read of a request that has been answered. */
const DISCARD_MS = 1_000
const DISCARD_BYTES_MAX = 1_048_576

/** The answer to the newest request on each socket. */
const latest = perSocket<ServerResponse>('latest answer')

/**
 * Makes sure that an answer arrives if it is sent before the request is complete: a 401, a 404, a
 * 413. Closing a socket with unread bytes resets the connection, and the caller loses the answer. So
 * the remaining bytes are read and discarded, within bounds, before the connection is closed.
 */
export const earlyAnswers = fp(
  async (app: FastifyInstance) => {
    /** Requests that wait for `100 Continue` before they send their body. */
    const waiting = new WeakSet<IncomingMessage>()
    /** Sockets that have sent their last answer. */
    const ending = new WeakSet<Socket>()

    app.server.on('connection', (socket) => {
      // Node calls this to close a connection after its last answer.
      const closeSoon = socket.destroySoon.bind(socket)
      socket.destroySoon = () => {
        const request = latest.get(socket)?.req
        if (request === undefined || request.complete) closeSoon()
        else closeLater(socket)
      }
    })
    app.server.prependListener('request', (request, response) => {
      latest.set(request.socket, response)
      if (hasBody(request)) response.once('finish', discardRest)
    })
    // Otherwise Node asks for each body, also for those that are refused unread.
    app.server.on('checkContinue', (request, response) => {
      waiting.add(request)
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, reply, done) => {
      // A request sent behind one that was refused unread gets no answer, and so has no effect.
      if (ending.has(request.raw.socket)) void reply.hijack()
      else done()
    })
    app.addHook('preParsing', (request, reply, _payload, done) => {
      if (waiting.delete(request.raw)) reply.raw.writeContinue()
      done()
    })
    app.addHook('onSend', ({ raw }, reply, _payload, done) => {
      if (!raw.complete && hasBody(raw) && !endsSoon(raw)) {
        ending.add(raw.socket)
        void reply.header('connection', 'close')
      }
      done()
    })

    /** Whether the rest is short enough to be read, so that the connection can continue after it. */
    function endsSoon(request: IncomingMessage): boolean {
      const length = Number(request.headers['content-length'])
      return length <= DISCARD_BYTES_MAX && !waiting.has(request)
    }
  },
  { name: 'early-answers' },
)

/** All requests share this function, because a new one for each would cost time. */
function discardRest(this: ServerResponse): void {
  const request = this.req
  if (request.complete || !request.socket.writable) return
  const timer = setTimeout(() => request.complete || request.socket.destroy(), DISCARD_MS)
  timer.unref()
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Ends our side of the connection, and closes it when the peer has ended too, or has sent enough. */
export function closeLater(socket: Socket): void {
  let bytes = 0
  socket.destroySoon = () => undefined
  socket.end()
  // The parser's listener: bytes after this answer are no request.
  socket.removeAllListeners('data')
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    // A client may read its answer slowly: TCP's window holds back the rest of its bytes.
    if (bytes > DISCARD_BYTES_MAX) socket.pause()
  })
  socket.once('end', () => socket.destroy())
  const timer = setTimeout(() => socket.destroy(), DISCARD_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}

/**
 * Closes a connection after the answer to its last request, when no further request can arrive.
 * @returns false if no complete request waits for an answer
 */
export function closeBehindAnswer(socket: Socket): boolean {
  const last = latest.get(socket)
  if (last === undefined || !last.req.complete || last.writableFinished) return false
  socket.removeAllListeners('data')
  socket.pause()
  last.once('close', () => closeLater(socket))
  return true
}
