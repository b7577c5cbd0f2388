import { fairQueue } from './fair-queue.ts'
import { Refusal } from '../refusals/index.ts'

const DROP_INTERVAL_MS = 250

interface Waiting<Operation, Result> {
  operation: Operation
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

export interface SharedCommitsOptions<Operation, Result> {
  /** How many batches may run at once. */
  lanes: number
  /** How many operations may wait; further ones are refused at once. */
  waitingMax: number
  batchMax: number
  /**
   * The owner of an operation: owners take turns in each batch. Without it, all have the same owner.
   */
  ownerOf?: (operation: Operation) => string
  /** What an operation adds to a batch's weight; 1 by default. */
  weightOf?: (operation: Operation) => number
  /** The weight limit of a batch; none by default. */
  weightMax?: number
  /** The weight limit of each owner in a batch; none by default. */
  ownerWeightMax?: number
  /** Commits a batch; each operation gets its own result or error, in the batch's order. */
  commit: (batch: readonly Operation[], lane: number) => Promise<PromiseSettledResult<Result>[]>
  /**
   * Whether the caller has stopped waiting. The operation then leaves the queue and is refused with
   * `TIMEOUT`.
   */
  isGivenUp?: (operation: Operation) => boolean
}

/**
 * Gathers the operations that arrive while commits are running, so that many share the cost of one.
 * An operation that finds a free lane starts at once, so sharing adds no latency when idle.
 */
export function sharedCommits<Operation, Result>(options: SharedCommitsOptions<Operation, Result>) {
  const { ownerOf = () => '', weightOf = () => 1 } = options
  const { weightMax = Infinity, ownerWeightMax = Infinity } = options
  const portion = { countMax: options.batchMax, weightMax, ownerWeightMax }
  const freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane)
  const waiting = fairQueue<Waiting<Operation, Result>>({
    ownerOf: ({ operation }) => ownerOf(operation),
    weightOf: ({ operation }) => weightOf(operation),
  })
  let scheduled = false
  let droppedAt = 0

  /** @throws Refusal `OVERLOADED` when too many wait already */
  function submit(operation: Operation): Promise<Result> {
    if (waiting.size() >= options.waitingMax) dropGivenUp()
    if (waiting.size() >= options.waitingMax) return Promise.reject(new Refusal('OVERLOADED'))
    return new Promise((resolve, reject) => {
      waiting.push({ operation, resolve, reject })
      if (scheduled || freeLanes.length === 0) return
      // Requests read in the same turn of the event loop go together.
      scheduled = true
      setImmediate(() => {
        scheduled = false
        dispatch()
      })
    })
  }

  /**
   * Looks through the whole queue, so it does not run for each operation that finds the queue full.
   */
  function dropGivenUp(): void {
    if (options.isGivenUp === undefined || Date.now() - droppedAt < DROP_INTERVAL_MS) return
    droppedAt = Date.now()
    waiting.keep(isWaiting)
  }

  function dispatch(): void {
    if (waiting.size() === 0) return
    const lane = freeLanes.pop()
    if (lane === undefined) return
    for (;;) {
      const taken = waiting.take(portion)
      const batch = taken.filter(isWaiting)
      if (batch.length > 0) return void run(batch, lane)
      if (taken.length === 0) break
    }
    freeLanes.push(lane)
  }

  /** @returns false if the caller has given up; the operation is then refused */
  function isWaiting({ operation, reject }: Waiting<Operation, Result>): boolean {
    if (options.isGivenUp?.(operation) !== true) return true
    reject(new Refusal('TIMEOUT'))
    return false
  }

  async function run(batch: Waiting<Operation, Result>[], lane: number): Promise<void> {
    try {
      const operations = batch.map((entry) => entry.operation)
      const outcomes = await options.commit(operations, lane)
      batch.forEach((entry, index) => {
        const outcome = outcomes[index]
        if (outcome?.status === 'fulfilled') entry.resolve(outcome.value)
        else entry.reject(outcome?.reason)
      })
    } catch (error) {
      batch.forEach((entry) => entry.reject(error))
    } finally {
      freeLanes.push(lane)
      dispatch()
    }
  }

  return { submit, waiting: waiting.size }
}
