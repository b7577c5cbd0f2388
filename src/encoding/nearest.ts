import { distance } from 'fastest-levenshtein'

/** Longer names are not compared: callers choose them. */
const LENGTH_MAX = 64
const DISTANCE_MAX = 4

/**
 * The name that a misspelt one most likely means: it differs in a quarter of its characters at most,
 * and in one of a short name. Undefined if there is none.
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
