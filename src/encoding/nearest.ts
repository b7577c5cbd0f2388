import { distance } from 'fastest-levenshtein'

/** Callers choose the names, so longer ones are not compared, which bounds the work. */
const LENGTH_MAX = 64
const DISTANCE_MAX = 4

/**
 * The name that a misspelt one most likely means. The two differ in a quarter of the characters at
 * most, and a short name in one. Undefined if no name is that close.
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  if (name.length > LENGTH_MAX) return undefined
  let least = Math.min(DISTANCE_MAX, Math.max(1, Math.floor(name.length / 4))) + 1
  let found: string | undefined
  for (const candidate of names) {
    const away = distance(name, candidate)
    if (away < least) [least, found] = [away, candidate]
  }
  return found
}
