import { fairQueue } from './fair-queue.ts'
import { Refusal } from '../refusals/index.ts'

const DROP_INTERVAL_MS = 250

interface Waiting<Operation, Result> {
  operation: Operation
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

export interface SharedCommitsOptions<Operation, Result> {
  /** How many batches may be under way at once. */
  lanes: number
  /** How many operations may wait; the next is refused at once. */
  waitingMax: number
  batchMax: number
  /** Whose an operation is: owners take turns in each batch. All are of one owner, if left out. */
  ownerOf?: (operation: Operation) => string
  /** What an operation adds to a batch's cost; 1, if left out. */
  weightOf?: (operation: Operation) => number
  /** Of a batch; none, if left out. */
  weightMax?: number
  /** Of each owner in a batch; none, if left out. */
  ownerWeightMax?: number
  /** Commits a batch; each operation gets its own result or error, in the batch's order. */
  commit: (batch: readonly Operation[], lane: number) => Promise<PromiseSettledResult<Result>[]>
  /** Whether its caller has stopped waiting: it leaves the queue, and is refused with `TIMEOUT`. */
  isGivenUp?: (operation: Operation) => boolean
}

/**
 * Gathers the operations that arrive while commits are under way, so that many share the cost of
 * one. An operation that finds a free lane goes at once: sharing costs no latency when idle.
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

  /** Each time it looks through the whole queue, so not for each one that comes to a full one. */
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

  /** @returns false for one that its caller has given up, and that is refused with it */
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
