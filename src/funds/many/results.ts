import { errorBody, refusalFor } from '../../http/errors.ts'
import { Refusal } from '../../refusals/index.ts'
import { OPS } from '../asked.ts'
import type { Outcome } from '../ledger.ts'
import type { Moved } from '../operations.ts'
import type { Item } from './items.ts'

export interface Result {
  status: number
  body: object
  replayed?: true
}

/** What the call alone would have answered. */
export function presentMoved({ op }: Item, moved: Moved): Result {
  const { present, status } = OPS[op]
  return { status, body: present(moved), ...(moved.replayed && { replayed: true as const }) }
}

/** @param error a refusal or a fault, of which no more is said than alone */
export function presentError(error: unknown, requestId: string): Result {
  const refusal = refusalFor(error as Error)
  return { status: refusal.statusCode, body: errorBody(refusal, requestId) }
}

/**
 * Of a batch of which nothing was done: what was done before keeps its answer, and what could have been
 * done says that it was not.
 */
export function presentUndone(
  items: readonly (Item | Refusal)[],
  outcomes: readonly Outcome[],
  requestId: string,
): Result[] {
  // Under one key twice, or a capture and its repetition: the second would repeat what was not done.
  const undone = new Set<unknown>()
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled' && !outcome.value.replayed)
      undone.add(outcome.value.transfer)
  }
  let next = 0
  return items.map((item) => {
    if (item instanceof Refusal) return presentError(item, requestId)
    const outcome = outcomes[next++]
    if (outcome === undefined) throw new Error('A transfer has no outcome')
    if (outcome.status === 'rejected') return presentError(outcome.reason, requestId)
    if (!undone.has(outcome.value.transfer)) return presentMoved(item, outcome.value)
    return presentError(new Refusal('BATCH_REFUSED'), requestId)
  })
}
