import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** How long, and how much, of a request may still come when it has its answer. */
const DISCARD_MS = 1_000
const DISCARD_BYTES_MAX = 1_048_576

/** The last request that has begun on each socket, and its answer. */
const latest = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()

/**
 * Lets answers arrive that are sent before the request is there as a whole: a 401, a 404, a 413. A
 * socket closed on bytes it has not read resets the connection, and the caller loses the answer with
 * it. So what still comes is read and thrown away, within bounds, and only then the connection closed.
 */
export const earlyAnswers = fp(
  async (app: FastifyInstance) => {
    /** Requests that wait for `100 Continue` with their body. */
    const waiting = new WeakSet<IncomingMessage>()
    /** Sockets with an answer that is their last. */
    const ending = new WeakSet<Socket>()

    app.server.on('connection', (socket) => {
      // With this Node closes a connection when its last answer is written.
      const closeSoon = socket.destroySoon.bind(socket)
      socket.destroySoon = () => {
        const request = latest.get(socket)?.request
        if (request === undefined || request.complete) closeSoon()
        else closeLater(socket)
      }
    })
    app.server.prependListener('request', (request, response) => {
      const { socket } = request
      latest.set(socket, { request, response })
      if (!hasBody(request)) return
      response.once('finish', () => {
        if (request.complete || !socket.writable) return
        const timer = setTimeout(() => request.complete || socket.destroy(), DISCARD_MS)
        timer.unref()
      })
    })
    // Otherwise Node asks for each body, also those that are refused unread.
    app.server.on('checkContinue', (request, response) => {
      waiting.add(request)
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, reply, done) => {
      // Sent along behind one that was refused unread: it has no answer, and so no effect.
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

    /** Whether the rest is short enough to be read, so that the connection can go on behind it. */
    function endsSoon(request: IncomingMessage): boolean {
      const length = Number(request.headers['content-length'])
      return length <= DISCARD_BYTES_MAX && !waiting.has(request)
    }
  },
  { name: 'early-answers' },
)

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Says that no more comes from here, and closes when no more comes from there, or enough has come. */
export function closeLater(socket: Socket): void {
  let bytes = 0
  socket.destroySoon = () => undefined
  socket.end()
  // The parser's: what comes behind this answer is no request.
  socket.removeAllListeners('data')
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    // What has been answered may take its time to be read: the window of TCP holds back the rest.
    if (bytes > DISCARD_BYTES_MAX) socket.pause()
  })
  socket.once('end', () => socket.destroy())
  const timer = setTimeout(() => socket.destroy(), DISCARD_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}

/**
 * Closes a connection on which no request can come any more, behind the answer to the last one.
 * @returns false where no request waits for an answer but one that is still on its way
 */
export function closeBehindAnswer(socket: Socket): boolean {
  const last = latest.get(socket)
  if (last === undefined || !last.request.complete || last.response.writableFinished) return false
  socket.removeAllListeners('data')
  socket.pause()
  last.response.once('close', () => closeLater(socket))
  return true
}
