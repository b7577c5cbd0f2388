import { drizzle } from 'drizzle-orm/postgres-js'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import type { Database } from './handles.ts'
import { KINDS, type Kind, type KindName } from './kinds.ts'
import { databaseMetrics } from './metrics.ts'
import { withOutcomes } from './outcomes.ts'
import { type Readiness, readiness } from './readiness.ts'
import { boundTransactions } from './turns.ts'

const CLOSE_TIMEOUT_S = 5

export type { Database, Transaction } from './handles.ts'

/** Pools of Drizzle, one for each of those that must not wait for each other. */
const POOLS = [
  'public',
  'customers',
  'internal',
  'admin',
  'privacy',
  'erasures',
  'background',
] as const

type PoolName = (typeof POOLS)[number]

declare module 'fastify' {
  interface FastifyInstance {
    /** The pool of the scope that a route is in; outside of scopes, that of jobs and metrics. */
    db: Database
    databases: Readonly<Record<PoolName, Database>>
    /** Connections of raw SQL, which whoever opens them closes. */
    connections: {
      /**
       * For the life of the process: readiness asks them.
       * @param connectionsMax where several pools share what the kind may have
       */
      open(kind: KindName, connectionsMax?: number): postgres.Sql
      /** For as long as one job takes. */
      connect(kind: KindName): postgres.Sql
      /** Whether each kind of connection is to be had and answers. */
      readiness: Readiness
    }
  }
}

/** Drizzle on pools of its own: it changes its client's serialisers, so raw SQL uses others. */
export const database = fp(
  async (app: FastifyInstance, { config }: { config: DatabaseConfig }) => {
    const asked = readiness(app.log)
    const open = (kind: KindName, connectionsMax?: number) => {
      const sql = connect(config, kind, connectionsMax)
      asked.watch(kind, () => sql`select 1`)
      return sql
    }
    const pools = {} as Record<PoolName, Database>
    const clients = POOLS.map((name) => {
      const client = open(name)
      const { turns }: Kind = KINDS[name]
      if (turns !== undefined) boundTransactions(client, turns.max, turns.waitMsMax)
      pools[name] = withOutcomes(drizzle(client, { casing: 'snake_case' }))
      return client
    })
    const health = open('health')
    app.decorate('databases', pools)
    app.decorate('db', pools.background)
    app.decorate('connections', {
      open,
      connect: (kind) => connect(config, kind),
      readiness: asked,
    })
    databaseMetrics(app.metrics, app.db)
    app.addHook('onClose', async () => {
      await Promise.all([...clients, health].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'database', dependencies: ['metrics'] },
)

/** From here on `db` is, for the routes of this scope, a pool that no other scope's calls can use up. */
export function useDatabase(scope: FastifyInstance, pool: PoolName): void {
  scope.decorate('db', scope.databases[pool])
}
