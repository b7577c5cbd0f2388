import type postgres from 'postgres'
import { Refusal } from '../../refusals/index.ts'
import { sharedCommits } from '../../scheduling/shared-commits.ts'
import { type LedgerBooks, type Outcome, type Reach, SHARED } from '../ledger.ts'
import type { Moved, Operation } from '../operations.ts'
import { SetAside } from '../set-aside.ts'
import { PATIENCE_MS, busyAccount, waitingRoom } from '../waiting-room.ts'
import { type Together, type Verdict, commitTogether } from './together.ts'

/** Batches that wait, of up to a thousand transfers each. */
const WAITING_MAX = 100

/**
 * Accounts that could not be had at once are waited for in one order, turns before rows, so that no two
 * wait for each other. For each lock; the accounts that it has by then wait as long.
 */
const IN_ORDER: Reach = { waitMs: 400, countedMax: null, endedMax: 0 }

/** The batch was not done, for what its outcomes say. */
export class NotDone extends Error {
  readonly outcomes: readonly Outcome[]

  constructor(outcomes: readonly Outcome[]) {
    super('Not all of a batch can be done')
    this.outcomes = outcomes
  }
}

export interface TogetherQueue {
  /** @throws NotDone, or Refusal `OVERLOADED`, or `ACCOUNT_BUSY` when an account stays locked */
  submit(together: Together): Promise<Moved[]>
  /** How many operations wait. */
  waiting(): number
}

/**
 * Batches that are done whole or not at all, one transaction each. One connection passes over what is
 * locked and never waits; those of whose accounts one was locked go to another, where they wait for their
 * accounts, and for each other.
 */
export function togetherQueue(
  books: LedgerBooks,
  [passing, waiting]: readonly [postgres.Sql, postgres.Sql],
): TogetherQueue {
  const keys = new WeakMap<Together, string>()
  let count = 0
  const first = sharedCommits<Together, Verdict>({
    lanes: 1,
    waitingMax: WAITING_MAX,
    batchMax: 1,
    commit: async ([one]) =>
      one === undefined ? [] : [await commitTogether(books, passing, one, SHARED)],
    isGivenUp: ({ givenUp }) => givenUp,
  })
  const inOrder = waitingRoom<Together, Verdict>({
    lanes: 1,
    batchMax: 1,
    waitingMax: WAITING_MAX,
    lineMax: 1,
    patienceMs: PATIENCE_MS,
    keyOf: (one) => keys.get(one) ?? '',
    commit: async ([one]) =>
      one === undefined ? [] : [await commitTogether(books, waiting, one, IN_ORDER)],
    isBusy: (reason) => reason instanceof SetAside,
    giveUp: ({ sent }) => (sent ? new Refusal('OUTCOME_UNKNOWN') : busyAccount()),
  })

  return {
    submit: async (together) => {
      const since = performance.now()
      const { outcomes, isDone } = await first.submit(together).catch((error: unknown) => {
        if (!(error instanceof SetAside)) throw error
        keys.set(together, String(count++))
        return inOrder.submit(together, since)
      })
      const moved = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      if (!isDone) throw new NotDone(outcomes)
      return moved
    },
    waiting: () => first.waiting() + inOrder.waiting(),
  }
}

export function newTogether(operations: readonly Operation[], isRefused: boolean): Together {
  return { operations, isRefused, sent: false, givenUp: false }
}
