import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals/index.ts'

/** The time of this service for a request: its guards, its handler and all they wait for. */
export const DEADLINE_MS = 5_000
const INTERVAL_MS = 250

/** The methods that do not write, unless a route says otherwise. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

declare module 'fastify' {
  interface FastifyReply {
    /** Where this reply stands among those whose time is watched; null if it does not. */
    deadlineSlot: number | null
    /** When its time is over, by `performance.now()`; infinite while its body arrives. */
    deadlineAt: number
    /** What was left of its time when its body began to be read. */
    timeLeftMs: number
    /** Whether its handler has begun. */
    isHandled: boolean
  }
}

/**
 * Answers 503 for a request that has not been answered in time, as when the database hangs without
 * closing its connections. The time begins with the first byte of a request that comes at once: Node
 * tells of a request when its headers are complete. It stands still while the body arrives, because the
 * arrival has bounds of its own (`requestTimeout`, from the first byte, with a 408); so nothing takes longer
 * than both together.
 *
 * First the request's writes are given up, each with what is known of it; the handler answers with that.
 * Where it does not, it hangs elsewhere, and the answer is made here.
 *
 * One timer looks at all requests: Fastify's own handlerTimeout makes one and an AbortController for
 * each, at a tenth of the throughput.
 */
export const deadline = fp(
  async (app: FastifyInstance) => {
    // Slots, and no Set: each time a Set under such traffic makes itself a new table, the old one keeps
    // what was in it, and the collector then takes a fifth of all that requests allocate for long-lived.
    const open: (FastifyReply | null)[] = []
    const free: number[] = []
    const silent = app.log.child({}, { level: 'silent' })

    function release(reply: FastifyReply): void {
      if (reply.deadlineSlot === null) return
      open[reply.deadlineSlot] = null
      free.push(reply.deadlineSlot)
      reply.deadlineSlot = null
    }

    app.decorateReply('deadlineSlot', null)
    app.decorateReply('deadlineAt', Infinity)
    app.decorateReply('timeLeftMs', DEADLINE_MS)
    app.decorateReply('isHandled', false)
    app.addHook('onRequest', (_request, reply, done) => {
      const slot = free.pop() ?? open.length
      open[slot] = reply
      reply.deadlineSlot = slot
      reply.deadlineAt = performance.now() + DEADLINE_MS
      done()
    })
    app.addHook('preParsing', (_request, reply, _payload, done) => {
      reply.timeLeftMs = reply.deadlineAt - performance.now()
      reply.deadlineAt = Infinity
      done()
    })
    app.addHook('preValidation', (_request, reply, done) => {
      reply.deadlineAt = performance.now() + reply.timeLeftMs
      done()
    })
    app.addHook('preHandler', (_request, reply, done) => {
      reply.isHandled = true
      done()
    })
    app.addHook('onResponse', (_request, reply, done) => {
      release(reply)
      done()
    })
    app.addHook('onRequestAbort', (request, done) => {
      for (const reply of open) if (reply?.request === request) release(reply)
      done()
    })

    function end(reply: FastifyReply): void {
      release(reply)
      reply.request.attempt?.end()
      // By then a handler that had waited for its writes has answered.
      setImmediate(() => {
        // A stream under way has answered, though not to the end.
        if (reply.sent || reply.raw.headersSent) return
        void reply.send(new Refusal(isUntold(reply) ? 'OUTCOME_UNKNOWN' : 'TIMEOUT'))
        // What its handler comes to is of no use to anybody.
        reply.send = () => reply
        reply.log = silent
      })
    }

    const timer = setInterval(() => {
      const now = performance.now()
      for (const reply of open) {
        if (reply !== null && reply.deadlineAt <= now) end(reply)
      }
    }, INTERVAL_MS)
    timer.unref()
    app.addHook('onClose', async () => clearInterval(timer))
  },
  { name: 'deadline', dependencies: ['errors'] },
)

/** Whether the handler may have written something that it has not told the request of. */
function isUntold(reply: FastifyReply): boolean {
  const { request } = reply
  return reply.isHandled && request.attempt === null && mayWrite(request)
}

export function mayWrite(request: Pick<FastifyRequest, 'method' | 'routeOptions'>): boolean {
  return request.routeOptions.config.writes ?? !READS.has(request.method)
}
