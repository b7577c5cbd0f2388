import type { Server } from 'node:http'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals.ts'
import { refuseBrokenRequest } from './errors.ts'

const HEADERS_MAX = 100
const DRAIN_INTERVAL_MS = 100

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

/** Bounds headers, and lets go of keep-alive connections while the server drains. */
export const connectionLimits = fp(
  async (app: FastifyInstance) => {
    let drain: NodeJS.Timeout | undefined

    // An expectation may be ignored (RFC 9110, 10.1.1); Node would refuse it without a body.
    app.server.on('checkExpectation', (request, response) => {
      app.server.emit('request', request, response)
    })
    app.addHook('onRequest', (request, _reply, done) => {
      const { rawHeaders, headers, httpVersion } = request.raw
      if (rawHeaders.length > HEADERS_MAX * 2) done(new Refusal('HEADERS_TOO_LARGE'))
      else if (headers.host === undefined && httpVersion !== '1.0') done(new Refusal('BAD_REQUEST'))
      else done()
    })
    app.addHook('onSend', (_request, reply, _payload, done) => {
      // Without this a busy keep-alive connection would hold up the end of the process.
      if (drain !== undefined) void reply.header('connection', 'close')
      done()
    })
    app.addHook('preClose', async () => {
      drain = setInterval(() => app.server.closeIdleConnections(), DRAIN_INTERVAL_MS)
    })
    app.addHook('onClose', async () => clearInterval(drain))
  },
  { name: 'connections' },
)
