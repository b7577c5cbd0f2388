import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals/index.ts'
import { acceptWaiting } from './accept-waiting.ts'
import { perSocket } from './per-socket.ts'
import { refuseWithoutRequest } from './slow-requests.ts'

const HEADERS_MAX = 100
const DRAIN_INTERVAL_MS = 100
/** A request may be on its way on a connection that was accepted a moment ago. */
const DRAIN_IDLE_MS = 500
/** All handlers have answered by then; what remains are clients that do not send their body. */
const DRAIN_MS_MAX = 6_000

/** What a client may use of this process: time, bytes and connections. */
export const serverLimits = {
  bodyLimit: 65_536,
  requestTimeout: 10_000,
  keepAliveTimeout: 72_000,
  http: {
    headersTimeout: 8_000,
    connectionsCheckingInterval: 100,
    // The `host` header is checked below: Node's own refusal has no body and no request id.
    requireHostHeader: false,
  },
  clientErrorHandler: refuseWithoutRequest,
  forceCloseConnections: 'idle',
  // Accepted requests are answered: a caller can't tell a 503 sent at the end from one whose request
  // moved money.
  return503OnClosing: false,
  // Longer than any id here, so that a longer one gets the 400 of its schema.
  routerOptions: { maxParamLength: 1_024 },
} satisfies FastifyHttpOptions<Server>

declare module 'fastify' {
  interface FastifyInstance {
    /** How many requests have arrived and are not answered yet. */
    requestsInFlight(): number
  }
}

interface Connection {
  requests: number
  idleSince: number
}

const connectionOf = perSocket<Connection>('connection')

/** Bounds headers, and closes connections without a running request while the server drains. */
export const connectionLimits = fp(
  async (app: FastifyInstance) => {
    const open = new Map<Socket, Connection>()
    let inFlight = 0
    let drain: NodeJS.Timeout | undefined

    // An expectation may be ignored (RFC 9110, 10.1.1); Node would refuse it without a body.
    app.server.on('checkExpectation', (request, response) => {
      app.server.emit('request', request, response)
    })

    // Node's closeIdleConnections() leaves connections that have not sent a whole request, and their
    // time limits end with close().
    app.server.on('connection', (socket) => {
      const connection = { requests: 0, idleSince: Date.now() }
      connectionOf.set(socket, connection)
      open.set(socket, connection)
      socket.once('close', () => open.delete(socket))
    })
    app.server.on('request', ({ socket }, response) => {
      const connection = connectionOf.get(socket)
      if (connection === undefined) return
      connection.requests++
      inFlight++
      response.once('close', noteEnd)
    })
    /**
     * Also runs if the caller has left and gets no answer. All requests share one function, because
     * a new one for each would cost time.
     */
    function noteEnd(this: ServerResponse): void {
      inFlight--
      const connection = connectionOf.get(this.req.socket)
      if (connection === undefined) return
      connection.requests--
      connection.idleSince = Date.now()
    }
    app.decorate('requestsInFlight', () => inFlight)

    app.addHook('onRequest', (request, _reply, done) => {
      const { rawHeaders, headers, httpVersion } = request.raw
      if (rawHeaders.length > HEADERS_MAX * 2) done(new Refusal('HEADERS_TOO_LARGE'))
      else if (headers.host === undefined && httpVersion !== '1.0') done(new Refusal('BAD_REQUEST'))
      else done()
    })
    app.addHook('preClose', async () => {
      const deadline = Date.now() + DRAIN_MS_MAX
      drain = setInterval(() => {
        const now = Date.now()
        for (const [socket, { requests, idleSince }] of open) {
          const isIdle = requests === 0 && now - idleSince > DRAIN_IDLE_MS
          if (isIdle || now > deadline) socket.destroy()
        }
      }, DRAIN_INTERVAL_MS)
      await acceptWaiting(app.server)
    })
    app.addHook('onClose', async () => clearInterval(drain))
  },
  { name: 'connections' },
)
