import type { Scope } from './scope.ts'

/**
 * Bounds what strangers can write into the audit log in a minute. Beyond it, failures are counted by
 * scope alone.
 */
const PAIRS_MAX = 256

export interface Failures {
  scope: Scope
  /** Null for addresses that did not fit into the bounds. */
  address: string | null
  count: number
  /** Whether the address is alarming. */
  alert: boolean
}

/** Counts failed authentication in bounded memory, however many addresses it comes from. */
export function failureTally() {
  const pending = new Map<string, Failures>()

  function add(failures: Failures): void {
    const { scope, address } = failures
    const own = `${scope} ${address}`
    const hasRoom = address !== null && (pending.has(own) || pending.size < PAIRS_MAX)
    const key = hasRoom ? own : `${scope} others`
    const known = pending.get(key)
    if (known === undefined) {
      pending.set(key, hasRoom ? failures : { ...failures, address: null })
    } else {
      known.count += failures.count
      known.alert ||= failures.alert
    }
  }

  /** Takes all counts that wait to be recorded. */
  function take(): Failures[] {
    const taken = [...pending.values()]
    pending.clear()
    return taken
  }

  /** Puts back counts that could not be recorded, within the same bounds. */
  function putBack(some: readonly Failures[]): void {
    some.forEach(add)
  }

  return { add, take, putBack }
}
