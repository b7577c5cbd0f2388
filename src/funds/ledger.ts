import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { databaseErrorCode, isConnectionLost } from '../plugins/database/faults.ts'
import { type Writes, openBatch } from './batch.ts'
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

/** Serialisation failures and deadlocks: the transaction did not happen and may be tried again. */
const CONFLICT = /^40/
const TRIES_MAX = 5
const RETRY_DELAY_MS = 100

/** Commits batches of operations, each with its own outcome, on connections given by the caller. */
export function ledger(onCommit: (writes: Writes, batchSize: number) => void = () => undefined) {
  let systemAccounts = new Map<string, bigint>()

  /**
   * A lost connection leaves it open whether a batch was committed; trying again finds out, because
   * every operation has a key. A batch that fails otherwise is tried again one by one, so that a
   * poisoned request fails alone.
   */
  async function commit(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await tryOnce(sql, batch)
      } catch (error) {
        await sql`rollback`.catch(() => undefined)
        const mayPass = isConnectionLost(error) || CONFLICT.test(databaseErrorCode(error) ?? '')
        if (!mayPass && batch.length > 1) return commitOneByOne(sql, batch)
        if (!mayPass || tries >= TRIES_MAX) return batch.map(() => rejected(error))
        await delay(RETRY_DELAY_MS * tries)
      }
    }
  }

  async function commitOneByOne(
    sql: postgres.Sql,
    batch: readonly Operation[],
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const operation of batch) outcomes.push(...(await commit(sql, [operation])))
    return outcomes
  }

  /** Reads under lock, decides in memory and writes: one transaction of two round trips. */
  async function tryOnce(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    const state = await beginBatch(sql, inputOf(batch))
    await learnSystemAccounts(sql, state.accounts)
    const holds = [...state.holds, ...(await furtherHolds(sql, state))]
    const open = openBatch({ ...state, holds, systemAccount })
    open.expireHolds()
    const outcomes = batch.map((operation) => {
      try {
        return fulfilled(open.decide(operation))
      } catch (error) {
        return rejected(error)
      }
    })
    for (const operation of batch) operation.sent = true
    const writes = open.writes()
    await writeBatch(sql, state.xid, writes)
    onCommit(writes, batch.length)
    return outcomes
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

  return { commit }
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

function fulfilled(value: Moved): Outcome {
  return { status: 'fulfilled', value }
}

function rejected(reason: unknown): Outcome {
  return { status: 'rejected', reason }
}
