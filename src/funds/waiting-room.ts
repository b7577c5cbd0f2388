import type { Write } from '../http/outcomes/attempt.ts'
import { Refusal } from '../refusals/index.ts'

interface Waiting<Operation, Result> {
  operation: Operation
  /** When its caller's patience ends, by `performance.now()`. */
  until: number
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** The operations that wait for the same account. */
interface Line<Operation, Result> {
  key: string
  waiting: Waiting<Operation, Result>[]
  isUnderWay: boolean
  /** How many attempts in a row have failed to get the account. */
  failures: number
  notBefore: number
}

export interface WaitingRoomOptions<Operation, Result> {
  /** How many lines are tried at once. */
  lanes: number
  /** How many operations may wait in all; further ones are refused, unless they may have been done. */
  waitingMax: number
  /** How many of them may wait in one line. */
  lineMax: number
  /** How many operations of one line are committed together. */
  batchMax: number
  /** What an operation adds to a batch's weight, and the limit of that; none by default. */
  weightOf?: (operation: Operation) => number
  weightMax?: number
  patienceMs: number
  keyOf: (operation: Operation) => string
  /** Commits operations of one line; each has its own outcome. */
  commit: (batch: readonly Operation[], lane: number) => Promise<PromiseSettledResult<Result>[]>
  /** Whether an outcome means that the operation must continue to wait. */
  isBusy: (reason: unknown) => boolean
  /** The error for a caller whose patience is over. */
  giveUp: (operation: Operation) => Error
}

/** Less than a request's time, so that the caller still learns the reason. */
export const PATIENCE_MS = 4_000

/** For an operation that has not been sent: nothing was done. */
export function busyAccount(): Refusal {
  return new Refusal('ACCOUNT_BUSY')
}

const PAUSE_MS = 10
const PAUSE_MAX_MS = 400
const SWEEP_MS = 100

/** So many times as long as its last attempt took, lines that have failed take no lane from others. */
const FAILING_REST = 2

/**
 * Operations wait here if their batch could not get their account; each account has a separate line.
 * The lines take turns, so that a few busy accounts delay no other. An account that stays locked is
 * tried less and less often. While others wait, such accounts have one lane for a third of the time
 * together: they delay the others little, and one that is free again is served.
 */
export function waitingRoom<Operation extends Pick<Write, 'sent'>, Result>(
  options: WaitingRoomOptions<Operation, Result>,
) {
  const { commit, giveUp, isBusy, keyOf, lineMax, patienceMs, waitingMax } = options
  const { batchMax, weightOf = () => 0, weightMax = Infinity } = options
  const lines = new Map<string, Line<Operation, Result>>()
  /** From then on a line that has failed is chosen before those that have not. */
  let failingFrom = 0
  const freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane)
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let timerDue = Infinity

  /**
   * One that may have been done is admitted in any case, because a refusal would deny it. There are no
   * more of these than a batch has.
   * @param since when its caller began to wait
   * @throws Refusal `OVERLOADED` when too many already wait, or what `giveUp` returns
   */
  function submit(operation: Operation, since = performance.now()): Promise<Result> {
    const key = keyOf(operation)
    const line = lines.get(key) ?? newLine(key)
    const isFull = count >= waitingMax || line.waiting.length >= lineMax
    if (isFull && !operation.sent) return Promise.reject(new Refusal('OVERLOADED'))
    lines.set(key, line)
    count++
    return new Promise((resolve, reject) => {
      line.waiting.push({ operation, until: since + patienceMs, resolve, reject })
      dispatch()
    })
  }

  /** Whether others wait for the same account: a new operation goes behind them. */
  function has(key: string): boolean {
    return lines.size > 0 && lines.has(key)
  }

  function dispatch(): void {
    for (;;) {
      const line = freeLanes.length === 0 ? undefined : nextLine()
      const lane = line === undefined ? undefined : freeLanes.pop()
      if (line === undefined || lane === undefined) break
      line.isUnderWay = true
      if (line.failures > 0) failingFrom = Infinity
      void run(line, lane)
    }
    if (count > 0) lookAt(performance.now() + SWEEP_MS)
  }

  function nextLine(): Line<Operation, Result> | undefined {
    const now = performance.now()
    const isTurnOfFailing = failingFrom <= now
    let next: Line<Operation, Result> | undefined
    for (const line of lines.values()) {
      if (line.isUnderWay || line.waiting.length === 0 || line.notBefore > now) continue
      const hasFailed = line.failures > 0
      if (hasFailed === isTurnOfFailing) return line
      next ??= line
    }
    if (next !== undefined) return next
    for (const line of lines.values()) if (!line.isUnderWay) lookAt(line.notBefore)
    return undefined
  }

  /** At that time or earlier: a later time never postpones an earlier one. */
  function lookAt(due: number): void {
    if (due >= timerDue) return
    clearTimeout(timer)
    timerDue = due
    timer = setTimeout(look, Math.max(1, due - performance.now())).unref()
  }

  function look(): void {
    timerDue = Infinity
    const now = performance.now()
    for (const line of lines.values()) sendAway(line, now)
    dispatch()
  }

  function sendAway(line: Line<Operation, Result>, now: number): void {
    const staying = line.waiting.filter((one) => one.until > now)
    for (const one of line.waiting) {
      if (one.until > now) continue
      count--
      one.reject(giveUp(one.operation))
    }
    line.waiting = staying
    if (staying.length === 0 && !line.isUnderWay) lines.delete(line.key)
  }

  async function run(line: Line<Operation, Result>, lane: number): Promise<void> {
    const batch = line.waiting.splice(0, portionOf(line))
    const operations = batch.map((one) => one.operation)
    const begunAt = performance.now()
    const outcomes = await commit(operations, lane).catch((reason: unknown) =>
      batch.map(() => ({ status: 'rejected' as const, reason })),
    )
    const busy = batch.filter((one, index) => !settle(one, outcomes[index]))
    count -= batch.length - busy.length
    line.waiting.unshift(...busy)
    const now = performance.now()
    if (line.failures > 0) failingFrom = now + FAILING_REST * (now - begunAt)
    line.failures = busy.length === 0 ? 0 : line.failures + 1
    line.notBefore = busy.length === 0 ? 0 : now + pauseAfter(line.failures)
    line.isUnderWay = false
    freeLanes.push(lane)
    sendAway(line, now)
    // It goes behind all others that wait.
    if (lines.delete(line.key)) lines.set(line.key, line)
    dispatch()
  }

  /** How many of the first operations are committed together; at least one. */
  function portionOf({ waiting }: Line<Operation, Result>): number {
    let weight = 0
    const end = waiting.findIndex(({ operation }, index) => {
      weight += weightOf(operation)
      return index >= batchMax || (index > 0 && weight > weightMax)
    })
    return end < 0 ? waiting.length : end
  }

  /** @returns false for an operation that must continue to wait */
  function settle(
    one: Waiting<Operation, Result>,
    outcome: PromiseSettledResult<Result> | undefined,
  ): boolean {
    if (outcome?.status === 'fulfilled') one.resolve(outcome.value)
    else if (isBusy(outcome?.reason)) return false
    else one.reject(outcome?.reason)
    return true
  }

  return { submit, has, waiting: () => count }
}

function newLine<Operation, Result>(key: string): Line<Operation, Result> {
  return { key, waiting: [], isUnderWay: false, failures: 0, notBefore: 0 }
}

function pauseAfter(failures: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** Math.min(failures, 8))
}
