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
  /** How many operations may wait in all; further ones are refused. */
  waitingMax: number
  /** How many operations of one line are committed together; as many may wait in it. */
  batchMax: number
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

/**
 * Operations wait here if their batch could not get their account; each account has a separate line.
 * An account that stays locked is tried less and less often, and takes no lane from one that is tried
 * for the first time.
 */
export function waitingRoom<Operation, Result>(options: WaitingRoomOptions<Operation, Result>) {
  const { batchMax, commit, giveUp, isBusy, keyOf, patienceMs, waitingMax } = options
  const lines = new Map<string, Line<Operation, Result>>()
  const freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane)
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let timerDue = Infinity

  /**
   * @param since when its caller began to wait
   * @throws Refusal `OVERLOADED` when too many already wait, or what `giveUp` returns
   */
  function submit(operation: Operation, since = performance.now()): Promise<Result> {
    const key = keyOf(operation)
    const line = lines.get(key) ?? newLine(key)
    if (count >= waitingMax || line.waiting.length >= batchMax) {
      return Promise.reject(new Refusal('OVERLOADED'))
    }
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
      void run(line, lane)
    }
    if (count > 0) lookAt(performance.now() + SWEEP_MS)
  }

  function nextLine(): Line<Operation, Result> | undefined {
    const now = performance.now()
    let next: Line<Operation, Result> | undefined
    for (const line of lines.values()) {
      if (line.isUnderWay || line.waiting.length === 0 || line.notBefore > now) continue
      if (next === undefined || line.failures < next.failures) next = line
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
    const batch = line.waiting.splice(0, batchMax)
    const operations = batch.map((one) => one.operation)
    const outcomes = await commit(operations, lane).catch((reason: unknown) =>
      batch.map(() => ({ status: 'rejected' as const, reason })),
    )
    const busy = batch.filter((one, index) => !settle(one, outcomes[index]))
    count -= batch.length - busy.length
    line.waiting.unshift(...busy)
    line.failures = busy.length === 0 ? 0 : line.failures + 1
    line.notBefore = busy.length === 0 ? 0 : performance.now() + pauseAfter(line.failures)
    line.isUnderWay = false
    freeLanes.push(lane)
    sendAway(line, performance.now())
    dispatch()
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
