import { setTimeout as delay } from 'node:timers/promises'

/**
 * Background work rests between two pages for four times as long as a page took, to leave room for
 * requests.
 */
const REST = 4
const REST_MS_MAX = 1_000

/**
 * Rests after a page that began at `startedAt` (`performance.now()`).
 * @param rest how many times as long as the page took; 1 where a caller waits for the end
 */
export async function restAfter(startedAt: number, rest = REST): Promise<void> {
  await delay(Math.min(REST_MS_MAX, rest * (performance.now() - startedAt)))
}
