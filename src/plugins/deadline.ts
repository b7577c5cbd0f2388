import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals.ts'

const DEADLINE_MS = 5_000
const INTERVAL_MS = 250

declare module 'fastify' {
  interface FastifyReply {
    /** Where this reply stands among those whose time is watched; null if it does not. */
    deadlineSlot: number | null
  }
}

/**
 * Answers 503 for a request whose handler has not answered in time, as when the database hangs
 * without closing its connections. One timer looks at all requests: Fastify's own handlerTimeout
 * makes one and an AbortController for each, at a tenth of the throughput.
 */
export const deadline = fp(
  async (app: FastifyInstance) => {
    // Slots, and no Set: each time a Set under such traffic makes itself a new table, the old one keeps
    // what was in it, and the collector then takes a fifth of all that requests allocate for long-lived.
    const open: (FastifyReply | null)[] = []
    const free: number[] = []

    function watch(reply: FastifyReply): void {
      const slot = free.pop() ?? open.length
      open[slot] = reply
      reply.deadlineSlot = slot
    }

    function release(reply: FastifyReply): void {
      if (reply.deadlineSlot === null) return
      open[reply.deadlineSlot] = null
      free.push(reply.deadlineSlot)
      reply.deadlineSlot = null
    }

    app.decorateReply('deadlineSlot', null)
    app.addHook('preHandler', (_request, reply, done) => {
      watch(reply)
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

    const timer = setInterval(() => {
      for (const reply of open) {
        if (reply === null || reply.elapsedTime < DEADLINE_MS) continue
        release(reply)
        // A stream under way has answered, though not to the end.
        if (!reply.sent && !reply.raw.headersSent) void reply.send(new Refusal('TIMEOUT'))
      }
    }, INTERVAL_MS)
    timer.unref()
    app.addHook('onClose', async () => clearInterval(timer))
  },
  { name: 'deadline', dependencies: ['errors'] },
)
