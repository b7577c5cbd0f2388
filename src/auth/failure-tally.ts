import type { Scope } from './scope.ts'

/** More failures than this from one address within an hour raise an alert. */
export const FAILURES_OF_HOUR_MAX = 10
const HOUR_MS = 3_600_000

/** Bounds what strangers can write into the audit log between two records. */
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
    const key = `${scope} ${address}`
    if (pending.has(key) || pending.size < PAIRS_MAX) add(key, { scope, address, count: 1, alert })
    else add(`${scope} others`, { scope, address: null, count: 1, alert })
  }

  function add(key: string, failures: Failures): void {
    const known = pending.get(key)
    if (known === undefined) {
      pending.set(key, failures)
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

  /** Takes at most this many of the counts that wait to be recorded. */
  function take(countMax: number): Failures[] {
    const taken = [...pending].slice(0, countMax)
    for (const [key] of taken) pending.delete(key)
    return taken.map(([, failures]) => failures)
  }

  /** Puts back counts that could not be recorded. */
  function putBack(some: readonly Failures[]): void {
    for (const failures of some) add(`${failures.scope} ${failures.address ?? 'others'}`, failures)
  }

  function alarmingAddresses(now: number): number {
    return [...latest.values()].filter((times) => isAlarming(times, now)).length
  }

  return { note, take, putBack, alarmingAddresses }
}

function isAlarming(times: readonly number[], now: number): boolean {
  return times.length > FAILURES_OF_HOUR_MAX && now - (times[0] ?? 0) < HOUR_MS
}
