import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals.ts'
import { refuseBrokenRequest } from './errors.ts'

const HEADERS_MAX = 100
const DRAIN_INTERVAL_MS = 100
/** A handler has answered by then; what is left is a client that does not send its body. */
const DRAIN_MS_MAX = 6_000

/** What a client may take of this process: time, bytes and connections. */
export const serverLimits = {
  bodyLimit: 65_536,
  requestTimeout: 10_000,
  keepAliveTimeout: 72_000,
  http: {
    headersTimeout: 8_000,
    connectionsCheckingInterval: 1_000,
    // Checked below: Node's own refusal has no body and no request id.
    requireHostHeader: false,
  },
  clientErrorHandler: refuseBrokenRequest,
  forceCloseConnections: 'idle',
  // Longer than any id here, so that a long one meets its schema's 400.
  routerOptions: { maxParamLength: 1_024 },
} satisfies FastifyHttpOptions<Server>

/** Bounds headers, and lets go of connections without a request under way while the server drains. */
export const connectionLimits = fp(
  async (app: FastifyInstance) => {
    const requestsOpen = new Map<Socket, number>()
    let drain: NodeJS.Timeout | undefined

    // An expectation may be ignored (RFC 9110, 10.1.1); Node would refuse it without a body.
    app.server.on('checkExpectation', (request, response) => {
      app.server.emit('request', request, response)
    })

    // Node's own closeIdleConnections() leaves those that have not sent a whole request yet, and
    // its time limits for them end with close().
    app.server.on('connection', (socket) => {
      requestsOpen.set(socket, 0)
      socket.once('close', () => requestsOpen.delete(socket))
    })
    app.server.on('request', ({ socket }, response) => {
      requestsOpen.set(socket, (requestsOpen.get(socket) ?? 0) + 1)
      response.once('close', () => {
        const open = requestsOpen.get(socket)
        if (open !== undefined) requestsOpen.set(socket, open - 1)
      })
    })

    app.addHook('onRequest', (request, _reply, done) => {
      const { rawHeaders, headers, httpVersion } = request.raw
      if (rawHeaders.length > HEADERS_MAX * 2) done(new Refusal('HEADERS_TOO_LARGE'))
      else if (headers.host === undefined && httpVersion !== '1.0') done(new Refusal('BAD_REQUEST'))
      else done()
    })
    app.addHook('preClose', async () => {
      const deadline = Date.now() + DRAIN_MS_MAX
      drain = setInterval(() => {
        for (const [socket, open] of requestsOpen) {
          if (open === 0 || Date.now() > deadline) socket.destroy()
        }
      }, DRAIN_INTERVAL_MS)
    })
    app.addHook('onClose', async () => clearInterval(drain))
  },
  { name: 'connections' },
)
