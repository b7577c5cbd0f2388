import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import { Histogram } from 'prom-client'
import { Refusal } from '../refusals.ts'

/** OWASP's minimum for argon2id; 39 ms on a small machine. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * More than two at once starve the file system calls that share Node's thread pool; and whatever keys
 * strangers try, a processor is left for those who are let in.
 */
const CONCURRENT_MAX = availableParallelism() > 2 ? 2 : 1
const WAITING_MAX = 48

let running = 0
const waiting: (() => void)[] = []

/** Of the process, as the bound on hashes is; each app registers it. */
export const hashDuration = new Histogram({
  name: 'strongroom_argon2_seconds',
  help: 'Time to hash or verify an API key, without the wait before it.',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [],
})

export function hashingLoad(): { running: number; waiting: number } {
  return { running, waiting: waiting.length }
}

export function hashApiKey(apiKey: string): Promise<string> {
  return bounded(() => argon2.hash(apiKey, PARAMETERS))
}

export function matchesHash(hash: string, apiKey: string): Promise<boolean> {
  return bounded(
    () => argon2.verify(hash, apiKey),
    (matches) => !matches,
  )
}

/** @throws Refusal `OVERLOADED` when too many hashes wait already: what leads to one is not worth it */
export function refuseWhenFull(): void {
  if (running >= CONCURRENT_MAX && waiting.length >= WAITING_MAX) throw new Refusal('OVERLOADED')
}

/**
 * @param isWasted whether the next must wait as long again, so that strangers who keep the hashes busy
 * leave half of that processor to others
 * @throws Refusal `OVERLOADED` at once when too many hashes wait already
 */
async function bounded<T>(
  work: () => Promise<T>,
  isWasted: (result: T) => boolean = () => false,
): Promise<T> {
  refuseWhenFull()
  if (running >= CONCURRENT_MAX) {
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else {
    running++
  }
  const stopTimer = hashDuration.startTimer()
  let isRestDue = false
  try {
    const result = await work()
    isRestDue = isWasted(result)
    return result
  } finally {
    const tookS = stopTimer()
    if (isRestDue) setTimeout(release, 1_000 * tookS).unref()
    else release()
  }
}

function release(): void {
  const next = waiting.shift()
  if (next === undefined) running--
  else next()
}
