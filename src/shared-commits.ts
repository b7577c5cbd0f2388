import { Refusal } from './refusals.ts'

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
  const freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane)
  let waiting: Waiting<Operation, Result>[] = []
  let scheduled = false
  let droppedAt = 0

  /** @throws Refusal `OVERLOADED` when too many wait already */
  function submit(operation: Operation): Promise<Result> {
    if (waiting.length >= options.waitingMax) dropGivenUp()
    if (waiting.length >= options.waitingMax) return Promise.reject(new Refusal('OVERLOADED'))
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
    const { isGivenUp } = options
    if (isGivenUp === undefined || Date.now() - droppedAt < DROP_INTERVAL_MS) return
    droppedAt = Date.now()
    const dropped = waiting.filter(({ operation }) => isGivenUp(operation))
    if (dropped.length === 0) return
    waiting = waiting.filter(({ operation }) => !isGivenUp(operation))
    for (const { reject } of dropped) reject(new Refusal('TIMEOUT'))
  }

  function dispatch(): void {
    if (waiting.length === 0) return
    const lane = freeLanes.pop()
    if (lane === undefined) return
    const batch: typeof waiting = []
    let taken = 0
    for (; taken < waiting.length && batch.length < options.batchMax; taken++) {
      const entry = waiting[taken] as (typeof waiting)[number]
      if (options.isGivenUp?.(entry.operation)) entry.reject(new Refusal('TIMEOUT'))
      else batch.push(entry)
    }
    waiting = waiting.slice(taken)
    if (batch.length > 0) void run(batch, lane)
    else freeLanes.push(lane)
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

  return { submit, waiting: () => waiting.length }
}
