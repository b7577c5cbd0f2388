import { setImmediate } from 'node:timers/promises'

/** How long work on one request may hold the process before other requests have their turn. */
const SLICE_MS = 10

/** Lets whatever waits go first. */
export const rest = (): Promise<void> => setImmediate()

/**
 * For a loop over many items, each of which takes little: `await` what it returns, if anything, before
 * the next one.
 */
export function slices(): () => Promise<void> | undefined {
  let begun = performance.now()
  return () => {
    if (performance.now() - begun < SLICE_MS) return undefined
    return rest().then(() => void (begun = performance.now()))
  }
}
