/** Of all customers together; a name may have 64 characters. */
const NAMES_MAX = 200_000

export type KnownNames = ReturnType<typeof knownNames>

/**
 * Metric names that this process has seen stored, by customer, so that a report of these alone needs
 * no look at what a customer's names are. A name is never taken back but by an erasure. In bounded
 * memory: whose customer was met first is forgotten first, and costs a look again.
 */
export function knownNames() {
  const byCustomer = new Map<string, Set<string>>()
  let count = 0

  /** The customer has an allowance: from now on its names can be known. */
  function meet(customerId: string): void {
    if (byCustomer.has(customerId)) return
    byCustomer.set(customerId, new Set())
    count++
    trim()
  }

  function learn(customerId: string, metrics: Record<string, number>): void {
    const names = byCustomer.get(customerId)
    if (names === undefined) return
    const before = names.size
    for (const name of Object.keys(metrics)) names.add(name)
    count += names.size - before
    trim()
  }

  function forget(customerId: string): void {
    const names = byCustomer.get(customerId)
    if (names !== undefined && byCustomer.delete(customerId)) count -= names.size + 1
  }

  function trim(): void {
    for (const customerId of byCustomer.keys()) {
      if (count <= NAMES_MAX) return
      forget(customerId)
    }
  }

  return {
    meet,
    hasMet: (customerId: string) => byCustomer.has(customerId),
    learn,
    forget,
    has: (customerId: string, name: string) => byCustomer.get(customerId)?.has(name) === true,
  }
}
