/** For all customers together; a name may have 64 characters. */
const NAMES_MAX = 200_000

export type KnownNames = ReturnType<typeof knownNames>

/**
 * Metric names that this process has seen stored, by customer, so that a report with only these needs
 * no query for the customer's names. Only an erasure removes a name. Memory is bounded: the customer
 * that was seen first is forgotten first, and costs another query.
 */
export function knownNames() {
  const byCustomer = new Map<string, Set<string>>()
  let count = 0

  /** Called once the customer has an allowance, so that its names can be remembered. */
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
