import { createRequire } from 'node:module'
import type { Count, Counted } from '../../cluster/questions.ts'

/**
 * How many callers of each limit a process remembers; it forgets the one that has been silent
 * longest.
 */
export const CALLERS_MAX = 20_000

type Told = (error: Error | null, counted: Counted) => void

interface Store {
  incr(caller: string, told: Told, windowMs: number, max: number): void
  read(caller: string, told: Told, windowMs: number, max: number): void
}

/** The store of @fastify/rate-limit, which the package exports to no one. */
const LocalStore = createRequire(import.meta.url)(
  '@fastify/rate-limit/store/LocalStore.js',
) as new (continueExceeding: boolean, exponentialBackoff: boolean, callersMax: number) => Store

/** In the primary: the counts of all workers, as one process would count. */
export function countsOfAll(): (asked: readonly Count[]) => Counted[] {
  const stores = new Map<string, Store>()
  return (asked) =>
    asked.map(({ limit, caller, windowMs, isLook }) => {
      const store = stores.get(limit) ?? new LocalStore(false, false, CALLERS_MAX)
      stores.set(limit, store)
      let counted: Counted = { current: 0, ttl: 0 }
      const told: Told = (_error, { current, ttl }) => (counted = { current, ttl })
      // The limit itself matters only to options that are off.
      store[isLook ? 'read' : 'incr'](caller, told, windowMs, Infinity)
      return counted
    })
}
