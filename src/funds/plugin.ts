import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Attempt } from '../http/outcomes/attempt.ts'
import { KINDS, type KindName } from '../database/kinds.ts'
import { type BalanceRow, type BalanceThen, balanceAt, readBalances } from './balances.ts'
import { endExpiredGrants, endLapsedHolds } from './jobs.ts'
import { COUNTED_MAX } from './lapsed.ts'
import type { Writes } from './batch.ts'
import { ALONE, type LedgerBooks, type Outcome, ledger } from './ledger.ts'
import { committedFacts, transferSource } from './log-source.ts'
import { fundsMetrics } from './metrics.ts'
import { type Moved, type Movement, type Operation, newOperation } from './operations.ts'
import { isPlain, optimisticCharges } from './optimistic/charges.ts'
import { commitInLane } from './optimistic/lane.ts'
import { rememberedAccounts } from './optimistic/remembered.ts'
import { NotDone, newTogether, togetherQueue } from './many/queue.ts'
import { Refusal } from '../refusals/index.ts'
import { sharedCommits } from '../scheduling/shared-commits.ts'
import { SetAside, holderOf } from './set-aside.ts'
import { PATIENCE_MS, busyAccount, waitingRoom } from './waiting-room.ts'
import { type Verification, verifyLedger } from './verify.ts'
import { finishAccount, fundsSteps, lockedAccount } from './erasure.ts'
import { tellOfExpiring } from './told/expiring.ts'
import { nameAccounts } from './told/index.ts'
import { refusalTeller } from './told/refusals.ts'

/**
 * One batch runs at a time, so that the operations of an account are decided in their order.
 * Operations that arrive meanwhile make the next batch larger, and a batch costs about the same
 * whatever its size.
 */
const WRITERS = 1
const READERS = KINDS.balances.connectionsMax
const BATCH_MAX = KINDS.ledger.rowsMax
/** Of notes in a batch, which are written in one go: 20 KB of each of 50 calls, or 2 KB of each of 500. */
const BATCH_BYTES_MAX = 1_048_576
const WAITING_MAX = 5_000
/** For accounts that are locked, or have too many holds for a batch: see README.md. */
const ASIDE_WRITERS = 3
const ASIDE_MAX = 4_000
/** Of one account: two of the largest batches of transfers. */
const ASIDE_LINE_MAX = 2_000
const CLOSE_TIMEOUT_S = 5
const EXPIRY_INTERVAL_MS = 5_000

declare module 'fastify' {
  interface FastifyInstance {
    funds: {
      /**
       * Moves or holds money once, durably, or throws the refusal.
       * @param attempt the request's attempt, whose time limits the wait
       * @param group of those that come together, which take turns with all else
       */
      move(movement: Movement, attempt?: Attempt, group?: string): Promise<Moved>
      /**
       * Decides movements in order, and does all of them or none, in one transaction.
       * @param isRefused for what each would come to, where it is known that they are not to be done
       * @throws NotDone with what each came to; Refusal `OVERLOADED`, `ACCOUNT_BUSY`, `TIMEOUT` or
       * `OUTCOME_UNKNOWN`
       */
      moveTogether(
        operations: readonly Operation[],
        isRefused: boolean,
        attempt: Attempt,
      ): Promise<Moved[]>
      /** The current balance, including every acknowledged movement. */
      balance(userId: string): Promise<BalanceRow>
      /** The balance at that time. */
      balanceAt(userId: string, at: Date): Promise<BalanceThen>
      /** Checks the whole ledger on a separate connection, beside the running service. */
      verify(): Promise<Verification>
      /**
       * Makes an event if a refusal of a user's charge is one that events tell, such as by a
       * budget.
       */
      refused(userId: string, reason: unknown): void
      /** For a transaction that writes more than money, on the caller's connection. */
      ledger: LedgerBooks
    }
  }
}

/** Keeps the job in the queue as failed, where any process can see it. */
class LedgerBroken extends Error {}

/** The ledger with its own connections: one for each batch that may run. */
export const funds = fp(
  async (app: FastifyInstance) => {
    app.audit.addSource(transferSource)
    app.events.name(nameAccounts)
    app.erasures.addSteps(fundsSteps)
    // Lock order: accounts before everything else, as in the other transactions.
    app.erasures.addLock(lockedAccount)
    app.erasures.addFinish(finishAccount)
    const lanes = (kind: KindName) =>
      Array.from({ length: KINDS[kind].connectionsMax }, () => app.connections.open(kind, 1))
    const writers = lanes('ledger')
    const asides = lanes('ledger aside')
    const readers = lanes('balances')
    const past = app.connections.open('balances aside')
    const ending = app.connections.open('ended holds')
    const together = lanes('ledger atomic')
    const metrics = fundsMetrics(
      app.metrics,
      () => moves.waiting() + setAside.waiting() + allOrNone.waiting(),
    )
    const remembered = rememberedAccounts()
    const onCommit = (writes: Writes, batchSize: number, recordId: bigint | null) => {
      metrics.committed(writes, batchSize)
      if (recordId !== null) app.audit.remember(recordId, () => committedFacts(writes))
    }
    const books = ledger(
      (writes, batchSize, recordId) => {
        for (const account of writes.accounts) remembered.put(account, isPlain(account))
        onCommit(writes, batchSize, recordId)
      },
      (found) => found.forEach(remembered.compare),
    )
    const optimistic = optimisticCharges({
      remembered,
      systemAccount: books.systemAccount,
      onCommit,
      onResult: metrics.optimistic,
    })
    const refusals = refusalTeller(app.db, (error) =>
      app.log.warn({ err: error }, 'Could not make the event of a budget that refused a charge'),
    )
    const limits = { waitingMax: WAITING_MAX, batchMax: BATCH_MAX }
    const weights = {
      weightOf: ({ bytes = 0 }: Operation) => bytes,
      weightMax: BATCH_BYTES_MAX,
    }
    const moves = sharedCommits<Operation, Moved>({
      ...limits,
      ...weights,
      lanes: WRITERS,
      ownerOf: ({ group }) => group ?? '',
      commit: (batch, index) => commitInLane(at(writers, index), batch, optimistic, books),
      isGivenUp: (operation) => operation.givenUp,
    })
    const setAside = waitingRoom<Operation, Moved>({
      ...weights,
      lanes: ASIDE_WRITERS,
      batchMax: BATCH_MAX,
      waitingMax: ASIDE_MAX,
      lineMax: ASIDE_LINE_MAX,
      patienceMs: PATIENCE_MS,
      keyOf: holderOf,
      commit: (batch, index) => books.commit(at(asides, index), batch, ALONE),
      isBusy: (reason) => reason instanceof SetAside,
      // If it was sent before its account was locked, its outcome is unknown.
      giveUp: ({ sent, key }) =>
        sent ? new Refusal('OUTCOME_UNKNOWN', { repeat: { idempotency_key: key } }) : busyAccount(),
    })
    const allOrNone = togetherQueue(books, [at(together, 0), at(together, 1)])
    const reads = sharedCommits<string, BalanceRow>({
      ...limits,
      lanes: READERS,
      commit: (batch, index) => readBalances(at(readers, index), batch, COUNTED_MAX),
    })
    const longReads = sharedCommits<string, BalanceRow>({
      ...limits,
      lanes: 1,
      commit: (batch) => readBalances(past, batch, null),
    })

    /**
     * Joins other waiting operations of the same account, also if the account turns out to be locked.
     */
    function move(operation: Operation): Promise<Moved> {
      const since = performance.now()
      if (setAside.has(holderOf(operation))) return setAside.submit(operation, since)
      if ('userId' in operation) operation.memory = remembered.find(operation.userId)
      return moves.submit(operation).catch((error: unknown) => {
        if (error instanceof SetAside) return setAside.submit(operation, since)
        throw error
      })
    }

    app.decorate('funds', {
      move: (movement, attempt, group) => {
        const operation = newOperation(movement)
        if (group !== undefined) operation.group = group
        const submitted = move(operation)
        const moved =
          attempt?.follow(operation, submitted, { idempotency_key: operation.key }) ?? submitted
        moved.catch((reason: unknown) => {
          metrics.refused(movement.kind, reason)
          if ('userId' in movement) refusals.add(movement.userId, reason)
        })
        return moved
      },
      moveTogether: (operations, isRefused, attempt) => {
        const batch = newTogether(operations, isRefused)
        const moved = attempt.follow(batch, allOrNone.submit(batch))
        moved.catch((error: unknown) => {
          operations.forEach((operation, index) => {
            const reason = error instanceof NotDone ? reasonOf(error.outcomes[index]) : error
            if (reason === null) return
            metrics.refused(operation.kind, reason)
            if ('userId' in operation) refusals.add(operation.userId, reason)
          })
        })
        return moved
      },
      balance: (userId) =>
        reads.submit(userId).catch((error: unknown) => {
          if (error instanceof SetAside) return longReads.submit(userId)
          throw error
        }),
      balanceAt: (userId, time) => balanceAt(past, userId, time),
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
      refused: refusals.add,
      ledger: books,
    })

    app.jobs.add({
      name: 'tell_of_expiring_grants',
      cron: '*/10 * * * *',
      isSingle: true,
      run: () => tellOfExpiring(app.db),
    })
    app.jobs.add({
      name: 'verify_ledger',
      cron: '41 3 * * *',
      isSingle: true,
      run: async () => {
        const { findings, transfers } = await app.funds.verify()
        // The rows name accounts, so they are left to `strongroom ledger verify`.
        const rules = findings.map(({ rule }) => rule)
        if (rules.length > 0) app.log.error({ rules }, 'The ledger is broken')
        if (rules.length > 0) throw new LedgerBroken()
        app.log.info({ transfers: Number(transfers) }, 'The ledger is sound')
      },
    })

    const stopping = new AbortController()
    let isEnding = false
    const job = setInterval(() => {
      if (isEnding) return
      isEnding = true
      endLapsedHolds(ending, books, stopping.signal)
        .then(() => endExpiredGrants(ending, books, stopping.signal))
        .catch((error: unknown) => {
          if (stopping.signal.aborted) return
          app.log.warn({ err: error }, 'Could not end holds and grants whose time is over')
        })
        .finally(() => (isEnding = false))
    }, EXPIRY_INTERVAL_MS)
    job.unref()

    app.addHook('onClose', async () => {
      clearInterval(job)
      stopping.abort()
      await refusals.close()
      const clients = [...writers, ...asides, ...together, ...readers, past, ending]
      await Promise.all(clients.map((client) => client.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  {
    name: 'funds',
    dependencies: ['errors', 'metrics', 'database', 'jobs', 'audit', 'privacy', 'events'],
  },
)

/** @returns null for what could have been done */
function reasonOf(outcome: Outcome | undefined): unknown {
  return outcome?.status === 'rejected' ? outcome.reason : null
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`There is no lane ${index}`)
  return item
}
