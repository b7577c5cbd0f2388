import { type PostgresJsDatabase, drizzle } from 'drizzle-orm/postgres-js'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { DatabaseConfig } from '../../config.ts'
import { connect } from './connect.ts'
import { databaseMetrics } from './metrics.ts'
import { withOutcomes } from './outcomes.ts'

const CONNECTIONS_MAX = 10
const CLOSE_TIMEOUT_S = 5

export type Database = PostgresJsDatabase
/** What a Drizzle transaction's callback gets; inside it, `db` itself would wait for a second connection. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

declare module 'fastify' {
  interface FastifyInstance {
    db: Database
  }
}

/** Drizzle on a pool of its own: it changes its client's serialisers, so raw SQL uses another. */
export const database = fp(
  async (app: FastifyInstance, options: { config: DatabaseConfig }) => {
    const client = connect(options.config, { name: 'api', connectionsMax: CONNECTIONS_MAX })
    app.decorate('db', withOutcomes(drizzle(client, { casing: 'snake_case' })))
    databaseMetrics(app.metrics, app.db)
    app.addHook('onClose', () => client.end({ timeout: CLOSE_TIMEOUT_S }))
  },
  { name: 'database', dependencies: ['metrics'] },
)
