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
     * The database for a handler that writes. If the request's time ends before a transaction has
     * sent its commit, the commit is never sent.
     */
    readonly db: Database
  }
  interface FastifyContextConfig {
    /** Whether its handler writes, if the method suggests otherwise. */
    writes?: boolean
  }
}

const databases = new WeakMap<Attempt, Database>()

/** Keeps what is known of each request's writes. */
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

/** A handler calls this before it writes anything, and passes the result to the code that writes. */
export function attemptOf(request: FastifyRequest): Attempt {
  request.attempt ??= new Attempt()
  return request.attempt
}

/** The same database for a handler that writes, on another pool than that of its scope. */
export function followed(db: Database, attempt: Attempt): Database {
  const transaction: Database['transaction'] = (work, config) => {
    const write: Write = { sent: false, givenUp: false }
    const done = db.transaction(async (tx) => {
      const result = await work(tx)
      // The caller has been told that nothing is stored.
      if (write.givenUp) throw new Refusal('TIMEOUT')
      write.sent = true
      return result
    }, config)
    return attempt.follow(write, done)
  }
  return Object.create(db, { transaction: { value: transaction } }) as Database
}
