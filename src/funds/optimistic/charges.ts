import type postgres from 'postgres'
import { databaseErrorCode } from '../../database/faults.ts'
import { OutcomeUnknown } from '../../database/outcomes.ts'
import { Refusal } from '../../refusals/index.ts'
import { type Writes, openBatch } from '../batch.ts'
import { fulfilled, rejected } from '../committing.ts'
import type { Outcome } from '../ledger.ts'
import { type Operation, markSent } from '../operations.ts'
import type { Account } from '../posting.ts'
import { type Memory, type RememberedAccounts, isReliable, wasWrong } from './remembered.ts'
import { type Change, writeCharges } from './statement.ts'

/**
 * The charge was not made on the remembered account, so it must be decided under the account's
 * lock.
 */
export const LEFT: Outcome = rejected(null)

/** Transfers get their time from the database when they are written. */
const NO_TIME = new Date(0)

/**
 * Whether a charge on the account depends on its row alone, and needs no other row and no event.
 */
export function isPlain(account: Account): boolean {
  return (
    account.status === 'active' &&
    account.held === 0n &&
    account.granted === 0n &&
    account.budgetCount === 0 &&
    !account.chargedBack &&
    !account.isLow &&
    account.salt !== null
  )
}

export type Charge = Operation & { kind: 'deduct'; userId: string; memory: Memory }

export type OptimisticCharges = ReturnType<typeof optimisticCharges>

/**
 * The result of charges on remembered accounts. After `changed` or `failed` they are decided under
 * locks.
 */
export type Result = 'written' | 'changed' | 'failed'

interface Options {
  remembered: RememberedAccounts
  systemAccount: (name: string, asset: string) => bigint
  onCommit: (writes: Writes, batchSize: number, recordId: bigint | null) => void
  onResult: (result: Result, charges: number) => void
}

/**
 * After a repeated key has made a statement fail, charges with callers' keys are not made in this
 * way for this long, because each failure costs all charges of its batch a second attempt.
 */
const REPEATS_MS = 1_000

const UNIQUE_VIOLATION = '23505'

/**
 * Charges accounts as this process remembers them, in one round trip. The statement writes for the
 * accounts that have not changed. No charge is refused here: one that looks impossible is decided
 * under the lock, and so is one whose outcome is unknown, which is then found by its key.
 */
export function optimisticCharges({ remembered, systemAccount, onCommit, onResult }: Options) {
  let repeatsUntil = 0

  function takes(operation: Operation): operation is Charge {
    // If its answer was lost, only a look-up under the lock tells whether the charge was made.
    return (
      operation.kind === 'deduct' &&
      operation.cap == null &&
      !operation.sent &&
      (operation.idempotencyKey === null || repeatsUntil < performance.now()) &&
      operation.memory !== undefined &&
      isReliable(operation.memory)
    )
  }

  /** @returns `LEFT` for each charge that has to be decided under the lock */
  async function commit(sql: postgres.Sql, batch: readonly Charge[]): Promise<Outcome[]> {
    const before = new Map<bigint, Account>()
    for (const { memory } of batch) before.set(memory.account.id, memory.account)
    const book = openBatch({ ...NOTHING_ELSE, accounts: [...before.values()], systemAccount })
    const left = new Set<Memory>()
    const outcomes = batch.map((operation) => {
      // Later charges on the account must be decided after it, so they are left too.
      const outcome = left.has(operation.memory) ? LEFT : decide(book, operation)
      if (outcome === LEFT) left.add(operation.memory)
      return outcome
    })
    const writes = book.writes()
    // The statement makes no charge that falls below a mark. Such a mark has been changed meanwhile.
    writes.fellLow = []
    const changes = writes.accounts.flatMap((after): Change[] => {
      const known = before.get(after.id)
      return known === undefined ? [] : [{ before: known, after }]
    })
    if (changes.length === 0) return outcomes
    try {
      const { times, recordId } = await writeCharges(sql, changes, writes.transfers)
      return settle({ batch, outcomes, writes, changes, times, recordId })
    } catch (error) {
      for (const { memory } of batch) memory.isCurrent = false
      onResult('failed', writes.transfers.length)
      if (databaseErrorCode(error) === UNIQUE_VIOLATION) {
        repeatsUntil = performance.now() + REPEATS_MS
      }
      return leave(batch, outcomes, error instanceof OutcomeUnknown)
    }
  }

  /** Takes the times from the database's answer. Accounts that it lacks were not as remembered. */
  function settle({ batch, outcomes, writes, changes, times, recordId }: Attempted): Outcome[] {
    for (const { after } of changes) {
      const at = times.get(after.id)
      if (at !== undefined) remembered.put(Object.assign(after, { updatedAt: at }), true)
    }
    for (const transfer of writes.transfers) {
      transfer.createdAt = times.get(transfer.accountId) ?? NO_TIME
    }
    const done = times.size === changes.length ? writes : withOnly(writes, times)
    if (recordId !== null) onCommit(done, batch.length, recordId)
    onResult('written', done.transfers.length)
    if (done === writes) return outcomes
    onResult('changed', writes.transfers.length - done.transfers.length)
    const ids = new Set(changes.map(({ after }) => after.id).filter((id) => !times.has(id)))
    const changed = new Set<Memory>()
    for (const { memory } of batch) if (ids.has(memory.account.id)) changed.add(memory)
    changed.forEach(wasWrong)
    return leave(batch, outcomes, false, ({ memory }) => changed.has(memory))
  }

  return { takes, commit }
}

interface Attempted {
  batch: readonly Charge[]
  outcomes: Outcome[]
  writes: Writes
  changes: readonly Change[]
  times: ReadonlyMap<bigint, Date>
  recordId: bigint | null
}

function decide(book: ReturnType<typeof openBatch>, operation: Charge): Outcome {
  if (operation.givenUp) return rejected(new Refusal('TIMEOUT'))
  try {
    const moved = book.decide(operation)
    markSent(operation, moved)
    return fulfilled(moved)
  } catch (error) {
    return error instanceof Refusal ? LEFT : rejected(error)
  }
}

/**
 * @param mayBeDone whether the charges may have been made, so that they must be looked up by their
 * keys
 */
function leave(
  batch: readonly Charge[],
  outcomes: readonly Outcome[],
  mayBeDone: boolean,
  isLeft: (operation: Charge) => boolean = () => true,
): Outcome[] {
  return batch.map((operation, index) => {
    const outcome = outcomes[index] ?? LEFT
    if (outcome.status === 'rejected' || !isLeft(operation)) return outcome
    operation.sent = mayBeDone
    return LEFT
  })
}

function withOnly(writes: Writes, times: ReadonlyMap<bigint, Date>): Writes {
  return {
    ...writes,
    accounts: writes.accounts.filter(({ id }) => times.has(id)),
    transfers: writes.transfers.filter(({ accountId }) => times.has(accountId)),
  }
}

const NOTHING_ELSE = {
  earlier: [],
  charges: [],
  holds: [],
  grants: [],
  budgets: [],
  endings: [],
  sums: [],
  now: NO_TIME,
}
