import type postgres from 'postgres'
import { type Writes, openBatch } from './batch.ts'
import { committing } from '../plugins/database/outcomes.ts'
import { Refusal } from '../refusals.ts'
import { commitBatch, fulfilled, rejected } from './committing.ts'
import type { Moved, Operation, Place, Transfer } from './operations.ts'
import type { Account } from './posting.ts'
import {
  type BatchInput,
  type BatchState,
  beginBatch,
  readHolds,
  readSystemAccounts,
  writeBatch,
} from './statements.ts'

export type Outcome = PromiseSettledResult<Moved>

export type LedgerBooks = ReturnType<typeof ledger>

/** The accounts of a transaction, locked, and what is decided on them. */
export type OpenBooks = Awaited<ReturnType<LedgerBooks['open']>>

/**
 * Commits batches of operations, each with its own outcome, on connections given by the caller.
 * @param onCommit is told the row of `audit_records` that the transfers, if any, have together
 */
export function ledger(
  onCommit: (writes: Writes, batchSize: number, recordId: bigint | null) => void,
) {
  let systemAccounts = new Map<string, bigint>()

  function commit(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    return commitBatch(batch, {
      tryOnce: (operations) => tryOnce(sql, operations),
      undo: () => sql`rollback`,
      isTheirs: () => true,
    })
  }

  /** Reads under lock, decides in memory and writes: one transaction of two round trips. */
  async function tryOnce(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    const books = await open(sql, inputOf(batch))
    const outcomes = batch.map((operation) => {
      if (operation.givenUp && !operation.sent) return rejected(new Refusal('TIMEOUT'))
      try {
        return fulfilled(books.decide(operation))
      } catch (error) {
        return rejected(error)
      }
    })
    for (const operation of batch) if (!operation.givenUp) operation.sent = true
    await books.close(batch.length)
    return outcomes
  }

  /**
   * Begins a transaction that locks accounts, for decisions on them. Who has more to write than money
   * does so before `close`, guarded by the transaction's id.
   */
  async function open(sql: postgres.Sql, input: BatchInput) {
    const state = await beginBatch(sql, input)
    await learnSystemAccounts(sql, state.accounts)
    const holds = [...state.holds, ...(await furtherHolds(sql, state))]
    const batch = openBatch({ ...state, holds, systemAccount })
    batch.expireHolds()
    const accounts = new Map(state.accounts.map((account) => [account.userId, account]))
    return {
      xid: state.xid,
      /** As it stood when it was locked. */
      account: (userId: string) => accounts.get(userId),
      decide: batch.decide,
      /** Writes what was decided, and commits. */
      close: async (batchSize: number) => {
        const writes = batch.writes()
        const recordId = await committing(() => writeBatch(sql, state.xid, writes))
        onCommit(writes, batchSize, recordId)
      },
    }
  }

  async function learnSystemAccounts(
    sql: postgres.Sql,
    accounts: readonly Account[],
  ): Promise<void> {
    if (accounts.every(({ asset }) => systemAccounts.has(`revenue ${asset}`))) return
    systemAccounts = await readSystemAccounts(sql)
  }

  function systemAccount(name: string, asset: string): bigint {
    const id = systemAccounts.get(`${name} ${asset}`)
    if (id === undefined) throw new Error(`There is no system account ${name} in ${asset}`)
    return id
  }

  return { commit, open }
}

/** Only for accounts that hold something, and for repeated calls about holds: most batches have none. */
async function furtherHolds(sql: postgres.Sql, state: BatchState) {
  const holding = state.accounts.filter((account) => account.held > 0n)
  const replayed = state.earlier.map(holdPlace).filter((place) => place !== null)
  if (holding.length === 0 && replayed.length === 0) return []
  const ids = holding.map((account) => account.id)
  return readHolds(sql, ids, state.now, replayed)
}

function holdPlace(transfer: Transfer): Place | null {
  const { kind, accountId } = transfer
  if (kind === 'hold') return { accountId, seq: transfer.seq }
  if (kind !== 'capture' && kind !== 'release') return null
  return { accountId, seq: transfer.targetSeq ?? 0n }
}

function inputOf(batch: readonly Operation[]): BatchInput {
  const users = batch.flatMap((operation) => ('userId' in operation ? [operation.userId] : []))
  const charges = batch.flatMap((one) => ('charge' in one ? [one.charge] : []))
  const holds = batch.flatMap((operation) => ('hold' in operation ? [operation.hold] : []))
  return {
    userIds: [...new Set(users)],
    accountIds: [...charges, ...holds].map((place) => place.accountId),
    keys: batch.filter(mayHaveHappened).map((operation) => {
      const { key } = operation
      if ('userId' in operation) return { userId: operation.userId, accountId: null, key }
      const place = 'charge' in operation ? operation.charge : operation.hold
      return { userId: null, accountId: place.accountId, key }
    }),
    charges,
    holds,
  }
}

/** A key of our own is new, unless the operation has been sent before. */
function mayHaveHappened(operation: Operation): boolean {
  return operation.idempotencyKey !== null || operation.sent
}
