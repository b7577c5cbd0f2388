import { setImmediate } from 'node:timers/promises'

/** How long work on one request may hold the event loop before other requests get their turn. */
const SLICE_MS = 10

/** Lets everything that waits in the event loop go first. */
export const rest = (): Promise<void> => setImmediate()

/**
 * For a loop over many small items: call the function before each item, and `await` what it returns,
 * if anything.
 */
export function slices(): () => Promise<void> | undefined {
  let begun = performance.now()
  return () => {
    if (performance.now() - begun < SLICE_MS) return undefined
    return rest().then(() => void (begun = performance.now()))
  }
}
