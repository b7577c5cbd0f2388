import type postgres from 'postgres'
import { type Writes, openBatch } from './batch.ts'
import { isLockNotHad } from '../database/faults.ts'
import { committing } from '../database/outcomes.ts'
import { Refusal } from '../refusals/index.ts'
import { busyLineages, lineagesOf } from './caps.ts'
import { commitBatch, fulfilled, rejected } from './committing.ts'
import { COUNTED_MAX, ENDED_MAX, readLapsed } from './lapsed.ts'
import { readLapsedOfBudgets } from './budgets/statements.ts'
import { isExpiring, isKept } from './grants/grant.ts'
import { NO_OLDER, olderOf, readOlder } from './grants/older.ts'
import { readGrants } from './grants/statements.ts'
import {
  type Moved,
  type Operation,
  type Place,
  type Transfer,
  markSent,
  placeKey,
  targetOf,
} from './operations.ts'
import { type Account, isLapsed, isToBeToppedUp } from './posting.ts'
import { SetAside, accountHolder, findBusy, holderOf } from './set-aside.ts'
import {
  type BatchInput,
  type BatchState,
  beginBatch,
  leaveIntents,
  readHolds,
  readSystemAccounts,
  writeBatch,
} from './statements.ts'

/**
 * So many grants that have expired a transaction ends at most that is not of a single account; the rest of
 * its accounts are set aside. Each takes a transfer.
 */
const EXPIRED_MAX = 500

export type Outcome = PromiseSettledResult<Moved>

export type LedgerBooks = ReturnType<typeof ledger>

/** How much a transaction does to get its accounts. */
export interface Reach {
  /** How long it waits for a lock; with null, locked accounts are set aside. */
  waitMs: number | null
  /** An account with more expired holds is set aside; with null, all are counted. */
  countedMax: number | null
  /** How many expired holds it ends, besides those that are named. */
  endedMax: number
}

/** For shared batches: waits for no lock, and sets accounts with many expired holds aside. */
export const SHARED: Reach = { waitMs: null, countedMax: COUNTED_MAX, endedMax: ENDED_MAX }

/** For a single account, which may be locked for a moment, or have a million holds to count. */
export const ALONE: Reach = { waitMs: 800, countedMax: null, endedMax: ENDED_MAX }

/** For the job, which names the holds that it ends. */
const ENDING: Reach = { waitMs: null, countedMax: null, endedMax: 0 }

const NONE: ReadonlySet<Operation> = new Set()

/** An arbitrary constant. The transaction that holds this lock is the only one that ends holds. */
const ENDING_LOCK_KEY = 5_746_106

/** A transaction's locked accounts, and the decisions about them. */
export type OpenBooks = Awaited<ReturnType<LedgerBooks['open']>>

/**
 * Commits batches of operations, each with its own outcome, on the given connections.
 * @param onCommit gets the row of `audit_records` for the batch's transfers, if there are any
 * @param onLock receives accounts as they are found under their locks
 */
export function ledger(
  onCommit: (writes: Writes, batchSize: number, recordId: bigint | null) => void,
  onLock: (accounts: readonly Account[]) => void = () => undefined,
) {
  let systemAccounts = new Map<string, bigint>()
  const busySums = busyLineages()

  /** Outcomes may be `SetAside`. */
  function commit(
    sql: postgres.Sql,
    batch: readonly Operation[],
    reach = SHARED,
  ): Promise<Outcome[]> {
    return commitBatch(batch, {
      tryOnce: (operations) => tryOnce(sql, operations, reach),
      undo: () => sql`rollback`,
      isTheirs: () => true,
    })
  }

  /** Reads under lock, decides in memory, and writes: one transaction with two round trips. */
  async function tryOnce(
    sql: postgres.Sql,
    batch: readonly Operation[],
    reach: Reach,
  ): Promise<Outcome[]> {
    const isShared = reach.waitMs === null
    const leftOut = isShared && busySums.any() ? new Set(batch.filter(busySums.has)) : NONE
    const input = inputOf(leftOut.size > 0 ? batch.filter((one) => !leftOut.has(one)) : batch)
    const books = await openOrSetAside(sql, input, reach)
    if (books === null) {
      if (isShared) busySums.note(input.lineages)
      return batch.map(() => rejected(new SetAside()))
    }
    const outcomes = batch.map((operation) => {
      if (leftOut.has(operation)) return rejected(new SetAside())
      if (operation.givenUp && !operation.sent) return rejected(new Refusal('TIMEOUT'))
      try {
        const moved = books.decide(operation)
        markSent(operation, moved)
        return fulfilled(moved)
      } catch (error) {
        return rejected(error)
      }
    })
    await books.close(batch.length)
    return outcomes
  }

  /** @returns null if a lock was not available in time */
  async function openOrSetAside(sql: postgres.Sql, input: BatchInput, reach: Reach) {
    try {
      return await open(sql, input, reach)
    } catch (error) {
      if (!isLockNotHad(error)) throw error
      await sql`rollback`
      return null
    }
  }

  /**
   * Ends those of the named holds whose time is over, and all that is over of the accounts' grants, but for
   * accounts that others have locked, and where another process does so already.
   * @returns how many transfers that took
   */
  async function endOver(
    sql: postgres.Sql,
    holds: readonly Place[],
    accountIds: readonly bigint[] = holds.map((place) => place.accountId),
  ): Promise<number> {
    try {
      const named = { keys: [], charges: [], holds, grants: [], lineages: [] }
      const input = { userIds: [], accountIds, ...named }
      const books = await open(sql, input, ENDING)
      const [lock] = await sql<{ taken: boolean }[]>`
        select pg_try_advisory_xact_lock(${ENDING_LOCK_KEY}) as taken`
      if (lock?.taken === true) return await books.close(accountIds.length)
      await sql`rollback`
      return 0
    } catch (error) {
      await sql`rollback`.catch(() => undefined)
      throw error
    }
  }

  /**
   * Begins a transaction that locks accounts, for decisions about them. Callers that write more than
   * money must do it before calling `close`, guarded by the transaction's id.
   */
  async function open(sql: postgres.Sql, input: BatchInput, reach: Reach) {
    const state = await beginBatch(sql, input, reach.waitMs)
    onLock(state.accounts)
    await learnSystemAccounts(sql, state.accounts)
    const busy = new Set(await findBusy(sql, input, state.accounts))
    const { holds, lapsed, grants, budgets, tooLong } = await restOf(sql, state, reach)
    for (const { id, userId } of state.accounts) {
      if (lapsed?.uncounted.has(id) === true || tooLong.has(id))
        busy.add(userId).add(accountHolder(id))
    }
    if (reach.waitMs === null) {
      for (const one of tooManyExpired(state)) busy.add(one.userId).add(accountHolder(one.id))
    }
    const isHad = ({ accountId }: { accountId: bigint }) => !busy.has(accountHolder(accountId))
    const batch = openBatch({
      ...state,
      accounts: state.accounts.map((account) =>
        account.held === 0n ? account : { ...account, lapsed: lapsed?.sums.get(account.id) ?? 0n },
      ),
      holds: holds.filter(isHad),
      grants: grants.filter(isHad),
      budgets: budgets.filter(isHad),
      systemAccount,
    })
    batch.endOver()
    const accounts = new Map(state.accounts.map((account) => [account.userId, account]))
    const done = new Set(state.earlier.map((one) => `${one.accountId} ${one.idempotencyKey}`))
    return {
      xid: state.xid,
      /** The account as it was when it was locked. */
      account: (userId: string) => accounts.get(userId),
      /** Whether one of the requested keys has been used before. */
      hasDone: (userId: string, key: string) => done.has(`${accounts.get(userId)?.id} ${key}`),
      isSetAside: (userId: string) => busy.has(userId),
      /** @throws Refusal or SetAside, without changing anything */
      decide: (operation: Operation) => {
        if (busy.size > 0 && busy.has(holderOf(operation))) throw new SetAside()
        return batch.decide(operation)
      },
      /**
       * Writes what was decided, and commits.
       * @returns the number of transfers
       */
      close: async (batchSize: number) => {
        const writes = batch.writes()
        const recordId = await committing(() => writeBatch(sql, state.xid, writes))
        onCommit(writes, batchSize, recordId)
        return writes.transfers.length
      },
      /**
       * Does nothing of what was decided. What is a reason to top up stays one: accounts of these users
       * leave an intent that were below their threshold before.
       * @param shortOf the users of operations that were refused for lack of funds
       */
      letGo: async (shortOf: readonly string[]) => {
        const short = [...new Set(shortOf)].flatMap((userId) => accounts.get(userId) ?? [])
        const toTopUp = short.filter(isToBeToppedUp).map(({ id }) => id)
        if (toTopUp.length > 0) await leaveIntents(sql, state.xid, toTopUp)
        else await sql`rollback`
      },
    }
  }

  async function learnSystemAccounts(
    sql: postgres.Sql,
    accounts: readonly Account[],
  ): Promise<void> {
    if (accounts.every(({ asset }) => systemAccounts.has(`breakage ${asset}`))) return
    systemAccounts = await readSystemAccounts(sql)
  }

  function systemAccount(name: string, asset: string): bigint {
    const id = systemAccounts.get(`${name} ${asset}`)
    if (id === undefined) throw new Error(`There is no system account ${name} in ${asset}`)
    return id
  }

  return { commit, open, endOver, systemAccount }
}

/** Accounts whose grants are too many to end together, in the order in which they come. */
function tooManyExpired({ accounts, grants, now }: BatchState): Account[] {
  const expired = new Map<bigint, number>()
  for (const grant of grants) {
    if (!isExpiring(grant, now)) continue
    expired.set(grant.accountId, (expired.get(grant.accountId) ?? 0) + 1)
  }
  let count = 0
  return accounts.filter(({ id }) => {
    const own = expired.get(id) ?? 0
    if (own > 0 && count >= EXPIRED_MAX) return true
    count += own
    return false
  })
}

/** More is read only for accounts that hold something, and for repeated calls about holds or grants: most batches have none. */
async function restOf(sql: postgres.Sql, state: BatchState, { countedMax, endedMax }: Reach) {
  const holding = state.accounts.filter((account) => account.held > 0n)
  const replayed = state.earlier.map(holdPlace).filter((place) => place !== null)
  const named = state.holds.filter((hold) => isLapsed(hold, state.now)).length
  const grantPlaces = state.earlier.map(grantPlace).filter((place) => place !== null)
  const counted = holding.filter(({ id }) => state.budgets.some((one) => one.accountId === id))
  const ended = new Set(state.grants.filter(isKept).map(({ accountId }) => accountId))
  const keeping = holding.map(({ id }) => id).filter((id) => ended.has(id))
  const [lapsed, known, grants, over, older] = await Promise.all([
    holding.length === 0
      ? null
      : readLapsed(
          sql,
          holding.map((account) => account.id),
          state.now,
          { countedMax, endedMax: Math.max(0, endedMax - named) },
        ),
    replayed.length === 0 ? [] : readHolds(sql, replayed),
    grantPlaces.length === 0 ? [] : readGrants(sql, grantPlaces),
    counted.length === 0
      ? []
      : readLapsedOfBudgets(
          sql,
          counted.map(({ id }) => id),
          state.now,
          countedMax,
        ),
    keeping.length === 0 ? [] : readOlder(sql, keeping, state.now, countedMax),
  ])
  const olders = new Map(older.map((one) => [placeKey(one), olderOf(one.older)]))
  const lapsedOf = new Map(over.map((one) => [`${one.accountId} ${one.id}`, one.lapsed]))
  const budgets = state.budgets.map((budget) => {
    return { ...budget, lapsed: lapsedOf.get(`${budget.accountId} ${budget.id}`) ?? 0n }
  })
  return {
    lapsed,
    budgets,
    grants: [
      ...state.grants.map((one) => ({ ...one, older: olders.get(placeKey(one)) ?? NO_OLDER })),
      ...grants,
    ],
    /** The accounts with an ended grant that is kept for more holds than should be counted. */
    tooLong: new Set(
      older.flatMap(({ accountId, older: [, , count] }) =>
        countedMax !== null && count > countedMax ? [accountId] : [],
      ),
    ),
    holds: [...state.holds, ...(lapsed?.holds ?? []), ...known],
  }
}

function holdPlace(transfer: Transfer): Place | null {
  const { kind, accountId } = transfer
  if (kind === 'hold') return { accountId, seq: transfer.seq }
  if (kind !== 'capture' && kind !== 'release') return null
  return { accountId, seq: transfer.targetSeq ?? 0n }
}

function grantPlace({ kind, accountId, grants }: Transfer): Place | null {
  const [seq] = grants?.[0] ?? []
  if ((kind !== 'grant' && kind !== 'void') || seq === undefined) return null
  return { accountId, seq: BigInt(seq) }
}

export function inputOf(batch: readonly Operation[]): BatchInput {
  const users = batch.flatMap((operation) => ('userId' in operation ? [operation.userId] : []))
  const charges = batch.flatMap((one) => ('charge' in one ? [one.charge] : []))
  const holds = batch.flatMap((operation) => ('hold' in operation ? [operation.hold] : []))
  const grants = batch.flatMap((operation) => ('grant' in operation ? [operation.grant] : []))
  return {
    userIds: [...new Set(users)],
    accountIds: [...charges, ...holds, ...grants].map((place) => place.accountId),
    keys: batch.filter(mayHaveHappened).map((operation) => {
      const { key } = operation
      if ('userId' in operation) return { userId: operation.userId, accountId: null, key }
      return { userId: null, accountId: targetOf(operation).accountId, key }
    }),
    charges,
    holds,
    grants,
    lineages: lineagesOf(batch),
  }
}

/** A key of our own is new, unless the operation has been sent before. */
function mayHaveHappened(operation: Operation): boolean {
  return operation.idempotencyKey !== null || operation.sent
}
