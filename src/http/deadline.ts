import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals/index.ts'

/** How long the guards, the handler, and all they wait for may take for one request. */
export const DEADLINE_MS = 5_000
const INTERVAL_MS = 250

/** The methods that do not write, unless a route says that it does. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

declare module 'fastify' {
  interface FastifyReply {
    /** The index of this reply among those being timed; null if it is not timed. */
    deadlineSlot: number | null
    /** When its time is over, by `performance.now()`; infinite while its body arrives. */
    deadlineAt: number
    /** The time that was left when the body began to arrive. */
    timeLeftMs: number
    /** Whether its handler has begun. */
    isHandled: boolean
  }
}

/**
 * Answers 503 for a request that has not been answered in time, as when the database hangs without
 * closing its connections. The time begins when the headers are complete, because only then Node
 * reports the request. It stands still while the body arrives: the arrival has its own limit
 * (`requestTimeout`, counted from the first byte, with a 408), so nothing takes longer than both
 * limits together.
 *
 * First the request's writes are given up, each with what is known of it, and the handler answers
 * with that. If the handler does not answer, it hangs elsewhere, and the answer is made here.
 *
 * One timer watches all requests: Fastify's handlerTimeout makes a timer and an AbortController for
 * each one, and reaches a tenth of the throughput.
 */
export const deadline = fp(
  async (app: FastifyInstance) => {
    // An array of slots instead of a Set: under such traffic a Set often replaces its table, the old
    // table keeps its content alive, and the collector then treats a fifth of all that requests
    // allocate as long-lived.
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
      // By then a handler that waited for its writes has answered.
      setImmediate(() => {
        // A running stream has answered, though not to the end.
        if (reply.sent || reply.raw.headersSent) return
        void reply.send(new Refusal(isUntold(reply) ? 'OUTCOME_UNKNOWN' : 'TIMEOUT'))
        // The result of the handler is no longer needed.
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

/** Whether the handler may have written something without recording it in `request.attempt`. */
function isUntold(reply: FastifyReply): boolean {
  const { request } = reply
  return reply.isHandled && request.attempt === null && mayWrite(request)
}

export function mayWrite(request: Pick<FastifyRequest, 'method' | 'routeOptions'>): boolean {
  return request.routeOptions.config.writes ?? !READS.has(request.method)
}
