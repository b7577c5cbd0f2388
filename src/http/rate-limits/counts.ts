import { createRequire } from 'node:module'
import type { Count, Counted } from '../../cluster/questions.ts'

/**
 * How many callers of each limit a process remembers. Beyond them it forgets the least recent one.
 */
export const CALLERS_MAX = 20_000

type Told = (error: Error | null, counted: Counted) => void

interface Store {
  incr(caller: string, told: Told, windowMs: number, max: number): void
  read(caller: string, told: Told, windowMs: number, max: number): void
}

/** The store of @fastify/rate-limit, which the package does not export. */
const LocalStore = createRequire(import.meta.url)(
  '@fastify/rate-limit/store/LocalStore.js',
) as new (continueExceeding: boolean, exponentialBackoff: boolean, callersMax: number) => Store

/** Counts for all workers in the primary, in the same way as a single process counts. */
export function countsOfAll(): (asked: readonly Count[]) => Counted[] {
  const stores = new Map<string, Store>()
  return (asked) =>
    asked.map(({ limit, caller, windowMs, isLook }) => {
      const store = stores.get(limit) ?? new LocalStore(false, false, CALLERS_MAX)
      stores.set(limit, store)
      let counted: Counted = { current: 0, ttl: 0 }
      const told: Told = (_error, { current, ttl }) => (counted = { current, ttl })
      // The store uses the limit itself only for options that are off here.
      store[isLook ? 'read' : 'incr'](caller, told, windowMs, Infinity)
      return counted
    })
}
