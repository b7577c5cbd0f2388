import type { Scope } from './scope.ts'

/** More failures than this from one address within an hour raise an alert. */
export const FAILURES_OF_HOUR_MAX = 10
const HOUR_MS = 3_600_000

/**
 * Bounds what strangers can write into the audit log in a minute. Beyond it, failures are counted by
 * scope alone.
 */
const PAIRS_MAX = 256
const ADDRESSES_MAX = 10_000

export interface Failures {
  scope: Scope
  /** Null for addresses that did not fit into the bounds. */
  address: string | null
  count: number
  /** Whether the address is above `FAILURES_OF_HOUR_MAX`. */
  alert: boolean
}

/** Counts failed authentication in bounded memory, however many addresses it comes from. */
export function failureTally() {
  const pending = new Map<string, Failures>()
  /** The times of each address's latest failures, the address that has been silent longest first. */
  const latest = new Map<string, number[]>()

  function note(scope: Scope, address: string, now: number): void {
    const alert = isAlarming(remember(address, now), now)
    add({ scope, address, count: 1, alert })
  }

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

  function remember(address: string, now: number): number[] {
    const times = latest.get(address) ?? []
    times.push(now)
    if (times.length > FAILURES_OF_HOUR_MAX + 1) times.shift()
    latest.delete(address)
    if (latest.size >= ADDRESSES_MAX) latest.delete(latest.keys().next().value ?? '')
    latest.set(address, times)
    return times
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

  function alarmingAddresses(now: number): number {
    return [...latest.values()].filter((times) => isAlarming(times, now)).length
  }

  return { note, take, putBack, alarmingAddresses }
}

function isAlarming(times: readonly number[], now: number): boolean {
  return times.length > FAILURES_OF_HOUR_MAX && now - (times[0] ?? 0) < HOUR_MS
}
