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

/** The pools of Drizzle. Calls of one pool never wait for those of another. */
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
    /** The pool of the route's scope; outside of scopes, the pool of jobs and metrics. */
    db: Database
    databases: Readonly<Record<PoolName, Database>>
    /** Connections for raw SQL. The caller who opens one must close it. */
    connections: {
      /**
       * Opens a connection for the life of the process; readiness checks include it.
       * @param connectionsMax where several pools share the connections of a kind
       */
      open(kind: KindName, connectionsMax?: number): postgres.Sql
      /** Opens a connection for the time of one job. */
      connect(kind: KindName): postgres.Sql
      /** Whether each kind of connection is available and answers. */
      readiness: Readiness
    }
  }
}

/** Drizzle has its own pools: it changes its client's serialisers, so raw SQL uses other clients. */
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

/** Gives the routes of this scope, as `db`, a pool that no other scope's calls can use up. */
export function useDatabase(scope: FastifyInstance, pool: PoolName): void {
  scope.decorate('db', scope.databases[pool])
}
