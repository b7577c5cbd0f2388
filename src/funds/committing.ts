import { setTimeout as delay } from 'node:timers/promises'
import { databaseErrorCode, isConnectionLost } from '../plugins/database/faults.ts'

/** Serialisation failures and deadlocks: nothing happened, and it may be tried again. */
const CONFLICT = /^40/
const TRIES_MAX = 5
const RETRY_DELAY_MS = 100

export interface Committing<Operation, Result> {
  /** One try: an outcome for each operation, in order, or an error if nothing was done. */
  tryOnce: (batch: readonly Operation[]) => Promise<PromiseSettledResult<Result>[]>
  /** After a try that failed. */
  undo?: () => Promise<unknown>
  /** Whether an error may be the fault of one operation, which then fails alone. */
  isTheirs: (error: unknown) => boolean
}

/**
 * Commits a batch, each operation with its own outcome. A lost connection leaves it open whether the
 * batch was committed; trying again finds out, because every operation has a key. A batch that fails
 * by what is in it is tried again one by one, so that a poisoned operation fails alone.
 */
export async function commitBatch<Operation, Result>(
  batch: readonly Operation[],
  committing: Committing<Operation, Result>,
): Promise<PromiseSettledResult<Result>[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await committing.tryOnce(batch)
    } catch (error) {
      await committing.undo?.().catch(() => undefined)
      const mayPass = isConnectionLost(error) || CONFLICT.test(databaseErrorCode(error) ?? '')
      if (!mayPass && batch.length > 1 && committing.isTheirs(error)) {
        return commitOneByOne(batch, committing)
      }
      if (!mayPass || tries >= TRIES_MAX) return batch.map(() => rejected(error))
      await delay(RETRY_DELAY_MS * tries)
    }
  }
}

async function commitOneByOne<Operation, Result>(
  batch: readonly Operation[],
  committing: Committing<Operation, Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const outcomes: PromiseSettledResult<Result>[] = []
  for (const operation of batch) outcomes.push(...(await commitBatch([operation], committing)))
  return outcomes
}

export function fulfilled<Result>(value: Result): PromiseFulfilledResult<Result> {
  return { status: 'fulfilled', value }
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason }
}
