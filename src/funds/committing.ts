import { setTimeout as delay } from 'node:timers/promises'
import type { Write } from '../http/outcomes/attempt.ts'
import { databaseErrorCode, isConnectionLost, isDatabaseUnavailable } from '../database/faults.ts'
import { OutcomeUnknown } from '../database/outcomes.ts'
import { Refusal } from '../refusals/index.ts'

/** Serialisation failures and deadlocks: nothing happened, and the batch may be tried again. */
const CONFLICT = /^40/
const TRIES_MAX = 5
const RETRY_DELAY_MS = 100
const RETRY_DELAY_MS_MAX = 500
/** How long to find out the outcome of a commit; most callers' time is up earlier. */
const ASKING_MS_MAX = 10_000

export interface Committing<Operation extends Write, Result> {
  /** One try: an outcome for each operation, in order, or an error if nothing was done. */
  tryOnce: (batch: readonly Operation[]) => Promise<PromiseSettledResult<Result>[]>
  /** Called after a failed try. */
  undo?: () => Promise<unknown>
  /** Whether a single operation may have caused the error; it then fails alone. */
  isTheirs: (error: unknown) => boolean
}

/**
 * Commits a batch, each operation with its own outcome. If the answer to the commit is lost, another
 * try finds its outcome, because every operation has a key. It tries until the last caller has been
 * told that the outcome is unknown. If the content of a batch makes it fail, its operations are tried
 * one by one, so that only a poisoned operation fails.
 *
 * An operation that comes with `sent` was sent in another batch, whose answer was lost. After a try
 * that certainly failed, `sent` is reset.
 */
export async function commitBatch<Operation extends Write, Result>(
  batch: readonly Operation[],
  committing: Committing<Operation, Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const until = Date.now() + ASKING_MS_MAX
  /** Operations that may have been done. */
  const open = new Set(batch.filter(({ sent }) => sent))
  for (let tries = 1; ; tries++) {
    try {
      return await committing.tryOnce(batch)
    } catch (error) {
      await committing.undo?.().catch(() => undefined)
      if (error instanceof OutcomeUnknown) batch.forEach((one) => one.sent && open.add(one))
      for (const operation of batch) operation.sent = open.has(operation)
      const isCertain = open.size === 0 || isTheirOwn(error)
      const mayPass = isConnectionLost(error) || CONFLICT.test(databaseErrorCode(error) ?? '')
      if (isCertain && !mayPass && batch.length > 1 && committing.isTheirs(error)) {
        return commitOneByOne(batch, committing)
      }
      const isWorthIt = isCertain
        ? mayPass && tries < TRIES_MAX
        : Date.now() < until && batch.some((operation) => !operation.givenUp)
      if (!isWorthIt) {
        const unknown = error instanceof OutcomeUnknown ? error : new OutcomeUnknown(error)
        return batch.map((one) => rejected(!isCertain && open.has(one) ? unknown : error))
      }
      await delay(Math.min(RETRY_DELAY_MS * tries, RETRY_DELAY_MS_MAX))
    }
  }
}

/**
 * Error classes of data, constraints and raised exceptions: the server has executed the operations
 * again, so it found no earlier result under their keys.
 */
function isTheirOwn(error: unknown): boolean {
  return !isDatabaseUnavailable(error) && /^(22|23|P0)/.test(databaseErrorCode(error) ?? '')
}

async function commitOneByOne<Operation extends Write, Result>(
  batch: readonly Operation[],
  committing: Committing<Operation, Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const outcomes: PromiseSettledResult<Result>[] = []
  for (const operation of batch) {
    // Each try may take as long as the whole batch did, and others wait behind it.
    const isOver = operation.givenUp && !operation.sent
    if (isOver) outcomes.push(rejected(new Refusal('TIMEOUT')))
    else outcomes.push(...(await commitBatch([operation], committing)))
  }
  return outcomes
}

export function fulfilled<Result>(value: Result): PromiseFulfilledResult<Result> {
  return { status: 'fulfilled', value }
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason }
}
