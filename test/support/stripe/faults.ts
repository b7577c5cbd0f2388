import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from './types.ts'
import { type World, asSent } from './world.ts'

export interface FaultTarget {
  /** How many requests it strikes; 1 by default. */
  times?: number
  /** A prefix or pattern of the path; every path by default. */
  path?: string | RegExp
  method?: 'GET' | 'POST' | 'DELETE'
  /**
   * Whether the fault strikes before the call (the default), or after it: the work is done and its
   * answer is lost.
   */
  when?: 'before' | 'after'
}

export interface Fault extends Required<Pick<FaultTarget, 'when'>> {
  kind: 'fail' | 'hang' | 'reset'
  /** The status of a `fail`. */
  status: number
}

interface Rule extends Fault {
  target: FaultTarget
  left: number
}

export interface Faults {
  /**
   * Answers with an error. As at Stripe, the idempotency key remembers a 500 to a POST, which is
   * answered again; 429 and 503 are not remembered.
   */
  fail(target: FaultTarget & { status: number }): void
  /** Accepts a request and answers nothing until `release` or `clear`. */
  hang(target?: FaultTarget): void
  /**
   * Lets all hanging requests continue. A request whose client left before anything was done is
   * dropped.
   */
  release(): void
  /** How many requests hang while their clients wait. */
  hanging(): number
  /** Destroys the connection. */
  reset(target?: FaultTarget): void
  /** Makes each request take this much longer, while its idempotency key is in use; until cleared. */
  delay(ms: number, path?: string | RegExp): void
  /**
   * Makes reads show an older state of the object, or its present state from now on; until cleared.
   */
  stale(objectId: string, snapshot?: object): void
  /** Ends all faults and releases hanging requests. */
  clear(): void
}

/** The faults as tests set them, and as the server applies them. */
export function createFaults(world: World, read: (id: string) => object | undefined) {
  const rules: Rule[] = []
  const delays: { ms: number; path: string | RegExp | undefined }[] = []
  const hung = new Set<() => void>()

  const add = (kind: Fault['kind'], target: FaultTarget, status = 0) => {
    const { when = 'before', times = 1 } = target
    rules.push({ kind, status, when, target, left: times })
  }
  const release = () => {
    for (const go of hung) go()
    hung.clear()
  }
  const faults: Faults = {
    fail: ({ status, ...target }) => add('fail', target, status),
    hang: (target = {}) => add('hang', target),
    reset: (target = {}) => add('reset', target),
    release,
    hanging: () => hung.size,
    delay: (ms, path) => void delays.push({ ms, path }),
    stale: (objectId, snapshot = read(objectId)) => {
      if (snapshot === undefined) throw new Error(`There is no ${objectId}`)
      world.stale.set(objectId, asSent(snapshot) satisfies Json)
    },
    clear: () => {
      rules.length = 0
      delays.length = 0
      world.stale.clear()
      release()
    },
  }

  return {
    faults,
    /** The fault that strikes this request; counts it as used. */
    take: (method: string, path: string): Fault | undefined => {
      const rule = rules.find(
        ({ target, left }) =>
          left > 0 && (target.method ?? method) === method && matches(target.path, path),
      )
      if (rule !== undefined) rule.left -= 1
      return rule
    },
    /** Waits for the delays that apply to this path. */
    delay: async (path: string): Promise<void> => {
      const found = delays.filter((delay) => matches(delay.path, path))
      const ms = found.reduce((sum, delay) => sum + delay.ms, 0)
      if (ms > 0) await sleep(ms)
    },
    /** Waits until `release`, or until the client leaves. */
    hang: (response: ServerResponse) =>
      new Promise<void>((resolve) => {
        hung.add(resolve)
        response.once('close', () => {
          hung.delete(resolve)
          resolve()
        })
      }),
  }
}

function matches(pattern: string | RegExp | undefined, path: string): boolean {
  if (pattern === undefined) return true
  return typeof pattern === 'string' ? path.startsWith(pattern) : pattern.test(path)
}
