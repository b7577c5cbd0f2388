import { setTimeout as delay } from 'node:timers/promises'

/** What work that nobody waits for leaves to others: between two pages, four times what one took. */
const REST = 4
const REST_MS_MAX = 1_000

/**
 * Rests after a page that began then (`performance.now()`).
 * @param rest how many times as long as the page took; 1 where somebody waits for the end
 */
export async function restAfter(startedAt: number, rest = REST): Promise<void> {
  await delay(Math.min(REST_MS_MAX, rest * (performance.now() - startedAt)))
}
