import type postgres from 'postgres'
import { isLockNotHad } from '../../database/faults.ts'
import type { Write } from '../../http/outcomes/attempt.ts'
import { Refusal } from '../../refusals/index.ts'
import { rest, slices } from '../../scheduling/slices.ts'
import { commitBatch, fulfilled, rejected } from '../committing.ts'
import { type LedgerBooks, type Outcome, type Reach, inputOf } from '../ledger.ts'
import { type Operation, markSent } from '../operations.ts'
import { SetAside } from '../set-aside.ts'

/** Operations of which all are done or none. */
export interface Together extends Write {
  operations: readonly Operation[]
  /** It is decided for what each of them would come to, and done in no case. */
  isRefused: boolean
}

export interface Verdict {
  /** Of each operation, in order; of a batch that was not done, as it would have been alone. */
  outcomes: Outcome[]
  isDone: boolean
}

/**
 * Decides operations one after the other, on all their accounts, and writes them in one transaction if
 * none is refused.
 * @returns an outcome that may be `SetAside`: an account was not to be had
 */
export async function commitTogether(
  books: LedgerBooks,
  sql: postgres.Sql,
  together: Together,
  reach: Reach,
): Promise<PromiseSettledResult<Verdict>> {
  const [settled] = await commitBatch<Together, Verdict>([together], {
    tryOnce: async ([one]) => [one === undefined ? rejected(null) : await tryOnce(one)],
    undo: () => sql`rollback`,
    isTheirs: () => false,
  })
  return settled ?? rejected(new Error('A batch came to nothing'))

  async function tryOnce(batch: Together): Promise<PromiseSettledResult<Verdict>> {
    const { operations } = batch
    const opened = await openOrSetAside(operations)
    if (opened === null) return rejected(new SetAside())
    const outcomes: Outcome[] = []
    const pause = slices()
    for (const operation of operations) {
      await pause()
      try {
        outcomes.push(fulfilled(opened.decide(operation)))
      } catch (error) {
        outcomes.push(rejected(error))
      }
    }
    await rest()
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    if (batch.isRefused || reasons.length > 0) {
      if (reasons.some((reason) => reason instanceof SetAside)) {
        await sql`rollback`
        return rejected(new SetAside())
      }
      // The batch is not done whatever becomes of this: an intent that is lost is left by the next refusal.
      await opened.letGo(shortOf(operations, outcomes)).catch(() => sql`rollback`)
      return fulfilled({ outcomes, isDone: false })
    }
    if (batch.givenUp && !batch.sent) {
      await sql`rollback`
      return rejected(new Refusal('TIMEOUT'))
    }
    batch.sent = true
    // What was done before this batch stays a repetition, also when its commit is asked about again.
    outcomes.forEach((outcome, index) => {
      const operation = operations[index]
      if (outcome.status !== 'fulfilled' || operation === undefined) return
      if (!outcome.value.replayed) markSent(operation, outcome.value)
    })
    await opened.close(operations.length)
    return fulfilled({ outcomes, isDone: true })
  }

  /** @returns null where a lock was not to be had in time */
  async function openOrSetAside(operations: readonly Operation[]) {
    try {
      return await books.open(sql, inputOf(operations), reach)
    } catch (error) {
      if (!isLockNotHad(error)) throw error
      await sql`rollback`
      return null
    }
  }
}

/** The users of operations that were refused for lack of funds. */
function shortOf(operations: readonly Operation[], outcomes: readonly Outcome[]): string[] {
  return operations.flatMap((operation, index) => {
    const outcome = outcomes[index]
    const reason: unknown = outcome?.status === 'rejected' ? outcome.reason : null
    const isShort = reason instanceof Refusal && reason.code === 'INSUFFICIENT_FUNDS'
    return isShort && 'userId' in operation ? [operation.userId] : []
  })
}
