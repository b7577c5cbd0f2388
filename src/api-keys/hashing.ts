import argon2 from 'argon2'
import { Refusal } from '../refusals.ts'

/** OWASP's minimum for argon2id; 39 ms on a small machine. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** More at once only starve the file system calls that share Node's thread pool. */
const CONCURRENT_MAX = 2
const WAITING_MAX = 64

let running = 0
const waiting: (() => void)[] = []

export function hashApiKey(apiKey: string): Promise<string> {
  return bounded(() => argon2.hash(apiKey, PARAMETERS))
}

export function matchesHash(hash: string, apiKey: string): Promise<boolean> {
  return bounded(() => argon2.verify(hash, apiKey))
}

/** @throws Refusal `OVERLOADED` at once when too many hashes wait already */
async function bounded<T>(work: () => Promise<T>): Promise<T> {
  if (running >= CONCURRENT_MAX) {
    if (waiting.length >= WAITING_MAX) throw new Refusal('OVERLOADED')
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else {
    running++
  }
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
