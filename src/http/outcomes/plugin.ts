import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Database } from '../../database/index.ts'
import { Refusal } from '../../refusals/index.ts'
import { Attempt, type Write } from './attempt.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null as long as the request has written nothing. */
    attempt: Attempt | null
    /**
     * The database for a handler that writes. A transaction in it that has not sent its commit when the
     * request's time is over never does.
     */
    readonly db: Database
  }
  interface FastifyContextConfig {
    /** Whether its handler writes, where the method says something else. */
    writes?: boolean
  }
}

const databases = new WeakMap<Attempt, Database>()

/** What is known of each request's writes. */
export const outcomes = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('attempt', null)
    app.decorateRequest('db', {
      getter(this: FastifyRequest) {
        const attempt = attemptOf(this)
        const known = databases.get(attempt) ?? followed(this.server.db, attempt)
        databases.set(attempt, known)
        return known
      },
    })
  },
  { name: 'outcomes', dependencies: ['database'] },
)

/** A handler takes it before it writes anything, and hands it to what writes. */
export function attemptOf(request: FastifyRequest): Attempt {
  request.attempt ??= new Attempt()
  return request.attempt
}

function followed(db: Database, attempt: Attempt): Database {
  const transaction: Database['transaction'] = (work, config) => {
    const write: Write = { sent: false, givenUp: false }
    const done = db.transaction(async (tx) => {
      const result = await work(tx)
      // Its caller has been told that nothing is stored.
      if (write.givenUp) throw new Refusal('TIMEOUT')
      write.sent = true
      return result
    }, config)
    return attempt.follow(write, done)
  }
  return Object.create(db, { transaction: { value: transaction } }) as Database
}
