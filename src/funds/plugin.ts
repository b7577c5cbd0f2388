import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { KINDS } from '../plugins/database/kinds.ts'
import { type BalanceRow, balanceAt, readBalances } from './balances.ts'
import { expireHolds } from './jobs.ts'
import { type LedgerBooks, ledger } from './ledger.ts'
import { fundsMetrics } from './metrics.ts'
import { type Moved, type Movement, type Operation, newOperation } from './operations.ts'
import { sharedCommits } from '../shared-commits.ts'
import { type Verification, verifyLedger } from './verify.ts'

/**
 * One batch under way: what arrives meanwhile makes the next one larger, and a batch costs about the
 * same whatever its size. Two batches at once were slower on two cores.
 */
const WRITERS = 1
const READERS = KINDS.balances.connectionsMax
const BATCH_MAX = KINDS.ledger.rowsMax
const WAITING_MAX = 5_000
const CLOSE_TIMEOUT_S = 5
const EXPIRY_INTERVAL_MS = 5_000

declare module 'fastify' {
  interface FastifyInstance {
    funds: {
      /** Moves or holds money once, durably, or throws the refusal. */
      move(movement: Movement): Promise<Moved>
      /** As it is now, every acknowledged movement included. */
      balance(userId: string): Promise<BalanceRow>
      /** As it stood then. */
      balanceAt(userId: string, at: Date): Promise<BalanceRow>
      /** Checks the whole ledger, beside all else, on a connection of its own. */
      verify(): Promise<Verification>
      /** For a transaction that writes more than money, on a connection of the caller's. */
      ledger: LedgerBooks
    }
  }
}

/** The ledger on connections of its own: one for each batch that may be under way. */
export const funds = fp(
  async (app: FastifyInstance) => {
    const writers = Array.from({ length: WRITERS }, () => app.connections.open('ledger', 1))
    const readers = Array.from({ length: READERS }, () => app.connections.open('balances', 1))
    const metrics = fundsMetrics(app.metrics, () => moves.waiting())
    const books = ledger((writes, batchSize, recordId) => {
      metrics.committed(writes, batchSize)
      if (recordId !== null) app.audit.remember(recordId, writes)
    })
    const limits = { waitingMax: WAITING_MAX, batchMax: BATCH_MAX }
    const moves = sharedCommits<Operation, Moved>({
      ...limits,
      lanes: WRITERS,
      commit: (batch, index) => books.commit(at(writers, index), batch),
    })
    const reads = sharedCommits<string, BalanceRow>({
      ...limits,
      lanes: READERS,
      commit: (batch, index) => readBalances(at(readers, index), batch),
    })
    app.decorate('funds', {
      move: (movement) => {
        const moved = moves.submit(newOperation(movement))
        moved.catch((reason: unknown) => metrics.refused(movement.kind, reason))
        return moved
      },
      balance: (userId) => reads.submit(userId),
      balanceAt: (userId, time) => balanceAt(at(readers, 0), userId, time),
      verify: async () => {
        const sql = app.connections.connect('verify')
        try {
          const result = await verifyLedger(sql)
          metrics.verified(result)
          return result
        } finally {
          await sql.end({ timeout: CLOSE_TIMEOUT_S })
        }
      },
      ledger: books,
    })

    const job = setInterval(() => {
      expireHolds(at(readers, 0), (operation) => moves.submit(operation)).catch((error: unknown) =>
        app.log.warn({ err: error }, 'Could not release expired holds'),
      )
    }, EXPIRY_INTERVAL_MS)
    job.unref()

    app.addHook('onClose', async () => {
      clearInterval(job)
      const clients = [...writers, ...readers]
      await Promise.all(clients.map((client) => client.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'funds', dependencies: ['errors', 'metrics', 'database', 'audit'] },
)

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`There is no lane ${index}`)
  return item
}
