/** More failures than this from one address within an hour raise an alert. */
export const FAILURES_OF_HOUR_MAX = 10
const HOUR_MS = 3_600_000

const ADDRESSES_MAX = 10_000

/** Remembers failed authentication by address, in bounded memory. */
export function failingAddresses() {
  /** The times of each address's latest failures, the address that has been silent longest first. */
  const latest = new Map<string, number[]>()

  /** @returns whether the address is above `FAILURES_OF_HOUR_MAX` with this failure */
  function note(address: string, now: number): boolean {
    const times = latest.get(address) ?? []
    times.push(now)
    if (times.length > FAILURES_OF_HOUR_MAX + 1) times.shift()
    latest.delete(address)
    if (latest.size >= ADDRESSES_MAX) latest.delete(latest.keys().next().value ?? '')
    latest.set(address, times)
    return isAlarming(times, now)
  }

  /** How many addresses are above it. */
  function alarming(now: number): number {
    return [...latest.values()].filter((times) => isAlarming(times, now)).length
  }

  return { note, alarming }
}

function isAlarming(times: readonly number[], now: number): boolean {
  return times.length > FAILURES_OF_HOUR_MAX && now - (times[0] ?? 0) < HOUR_MS
}
