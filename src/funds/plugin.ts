import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import type { DatabaseConfig } from '../config.ts'
import { connect } from '../plugins/database/connect.ts'
import { type Moved, type Movement, type Operation, ledger, newOperation } from './ledger.ts'
import { sharedCommits } from './shared-commits.ts'

const LANES = 2
const BATCH_MAX = 500
const WAITING_MAX = 5_000
const READERS_MAX = 2
const CLOSE_TIMEOUT_S = 5

declare module 'fastify' {
  interface FastifyInstance {
    funds: {
      /** Moves money once, durably, or throws the refusal. */
      move(movement: Movement): Promise<Moved>
      /** For reads: raw SQL, amounts as bigint. */
      sql: postgres.Sql
    }
  }
}

/** The ledger on connections of its own: one for each batch that may be under way. */
export const funds = fp(
  async (app: FastifyInstance, options: { config: DatabaseConfig }) => {
    const sql = connect(options.config, { name: 'funds', connectionsMax: READERS_MAX })
    const lanes = Array.from({ length: LANES }, () =>
      connect(options.config, { name: 'ledger', connectionsMax: 1 }),
    )
    const { commit } = ledger()
    const commits = sharedCommits<Operation, Moved>({
      lanes: LANES,
      waitingMax: WAITING_MAX,
      batchMax: BATCH_MAX,
      commit: (batch, lane) => {
        const connection = lanes[lane]
        if (connection === undefined) throw new Error(`There is no lane ${lane}`)
        return commit(connection, batch)
      },
    })
    app.decorate('funds', { sql, move: (movement) => commits.submit(newOperation(movement)) })
    app.addHook('onClose', async () => {
      await Promise.all([sql, ...lanes].map((client) => client.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'funds', dependencies: ['errors'] },
)
