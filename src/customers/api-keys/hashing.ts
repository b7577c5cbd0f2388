import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import { Histogram } from 'prom-client'
import { Refusal } from '../../refusals/index.ts'
import { fairLane } from '../../scheduling/fair-lane.ts'

/** OWASP's minimum for argon2id; 39 ms on a small machine. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const ISSUING_WAITING_MAX = 48

/**
 * Separate from the hashes of issued keys, so that a new key waits for none of these. Together with
 * issuing, at most three hashes run at once, which leaves one thread of Node's pool to file system
 * calls.
 */
const verifying = fairLane({
  concurrentMax: availableParallelism() > 2 ? 2 : 1,
  waitingMax: 1_000,
  waitingOfOneMax: 4,
  restMs: 1_000,
})

let isIssuing = false
const waitingToIssue: (() => void)[] = []

/** One for the process, like the bound on hashes; each app registers it. */
export const hashDuration = new Histogram({
  name: 'strongroom_argon2_seconds',
  help: 'Time to hash or verify an API key, without the wait before it.',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  registers: [],
})

export function hashingLoad(): { running: number; waiting: number } {
  const { running, waiting } = verifying.load()
  return { running: running + Number(isIssuing), waiting: waiting + waitingToIssue.length }
}

/**
 * The slow hash, which verifies a key if the pepper of its digest is lost.
 * @throws Refusal `OVERLOADED` at once when 48 keys already wait to be issued
 */
export async function hashApiKey(apiKey: string): Promise<string> {
  if (isIssuing) {
    if (waitingToIssue.length >= ISSUING_WAITING_MAX) throw new Refusal('OVERLOADED')
    await new Promise<void>((resolve) => waitingToIssue.push(resolve))
  }
  isIssuing = true
  try {
    return await timed(argon2.hash(apiKey, PARAMETERS))
  } finally {
    const next = waitingToIssue.shift()
    if (next === undefined) isIssuing = false
    else next()
  }
}

/**
 * Only for keys that exist, are valid now, and have no digest that can be checked; no other key is
 * worth the cost.
 * @param customerId the key's customer: customers take turns, and wait after a wrong key
 * @throws Refusal `OVERLOADED` at once when too many already wait, of this customer or in all
 */
export function matchesHash(customerId: string, hash: string, apiKey: string): Promise<boolean> {
  return verifying.run(customerId, () => timed(argon2.verify(hash, apiKey)))
}

async function timed<T>(work: Promise<T>): Promise<T> {
  const stopTimer = hashDuration.startTimer()
  try {
    return await work
  } finally {
    stopTimer()
  }
}
