import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals.ts'

const DEADLINE_MS = 5_000
const INTERVAL_MS = 250

/**
 * Answers 503 for a request whose handler has not answered in time, as when the database hangs
 * without closing its connections. One timer looks at all requests: Fastify's own handlerTimeout
 * makes one and an AbortController for each, at a tenth of the throughput.
 */
export const deadline = fp(
  async (app: FastifyInstance) => {
    const open = new Set<FastifyReply>()
    app.addHook('preHandler', (_request, reply, done) => {
      open.add(reply)
      done()
    })
    app.addHook('onResponse', (_request, reply, done) => {
      open.delete(reply)
      done()
    })
    app.addHook('onRequestAbort', (request, done) => {
      for (const reply of open) if (reply.request === request) open.delete(reply)
      done()
    })

    const timer = setInterval(() => {
      for (const reply of open) {
        if (reply.elapsedTime < DEADLINE_MS) break
        open.delete(reply)
        // A stream under way has answered, though not to the end.
        if (!reply.sent && !reply.raw.headersSent) void reply.send(new Refusal('TIMEOUT'))
      }
    }, INTERVAL_MS)
    timer.unref()
    app.addHook('onClose', async () => clearInterval(timer))
  },
  { name: 'deadline', dependencies: ['errors'] },
)
