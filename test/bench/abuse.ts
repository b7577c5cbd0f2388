import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Row, type Samples, median } from './report.ts'
import { p99OfCalls } from './steady.ts'

const GOOD_CALLS_PER_S = 100
/** At least once in this time the service has closed all slow connections, and attackers have opened others. */
const ATTACK_S_MIN = 10
const TICK_MS = 10
const NEW_CUSTOMERS = 10
/** What an attack leaves behind, such as sockets to close, is no part of a quiet time. */
const SETTLE_MS = 3_000

interface AbuseOptions {
  origin: string
  apiKeys: readonly string[]
  createCustomers: (count: number) => Promise<string[]>
  rounds: number
  durationS: number
}

/** What good calls have felt, a p99 in milliseconds for each round. */
export interface Felt {
  quiet: number[]
  attacked: number[]
  /** Good calls, and wrong keys that were answered meanwhile. */
  calls: number
  refused: number
}

/**
 * Promise 19: what good calls feel of an attack from all over the world, in turns with and without.
 * Meanwhile customers are made, and their keys, new to the service, are let in; else it fails.
 */
export async function feelAttacks(options: AbuseOptions): Promise<Felt> {
  const felt: Felt = { quiet: [], attacked: [], calls: 0, refused: 0 }
  // Warm: each key is known, and so are the connections.
  await p99OfGoodCalls(options)
  for (let round = 1; round <= options.rounds; round++) {
    felt.quiet.push(await p99OfGoodCalls(options))
    const stop = await startAttack(options.origin)
    felt.attacked.push(await p99OfGoodCalls(options))
    await createCustomersUnderAttack(options)
    const statuses = await stop()
    await delay(SETTLE_MS)
    felt.calls += 2 * callsOf(options) + NEW_CUSTOMERS
    felt.refused += Object.values(statuses).reduce((sum, times) => sum + times, 0)
    const [a, b] = [felt.quiet.at(-1) ?? 0, felt.attacked.at(-1) ?? 0]
    process.stderr.write(
      `round ${round}  p99 of good calls ${a.toFixed(1)} ms, attacked ${b.toFixed(1)} ms; attackers got ${JSON.stringify(statuses)}\n`,
    )
  }
  return felt
}

/** How many times as long good calls take under attack, and both times. */
export function ratioOf({ quiet, attacked }: Felt): { ratio: number; text: string } {
  const [a, b] = [median(attacked), median(quiet)]
  return { ratio: a / b, text: `${(a / b).toFixed(2)} × (${a.toFixed(1)} ms : ${b.toFixed(1)} ms)` }
}

export async function measureAbuse(options: AbuseOptions, samples: Samples): Promise<Row> {
  const felt = await feelAttacks(options)
  samples.set('p99 quiet, ms', felt.quiet)
  samples.set('p99 attacked, ms', felt.attacked)
  const { ratio, text } = ratioOf(felt)
  return {
    what: 'p99 of good calls during 500 wrong keys/s and 2,000 slow connections against without',
    value: text,
    target: '≤ 1.25 ×',
    met: ratio <= 1.25,
  }
}

/** Resolves when all slow connections are open. */
async function startAttack(origin: string): Promise<() => Promise<Record<string, number>>> {
  const script = fileURLToPath(new URL('./attack.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, origin], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
  while (said.length === 0 && child.exitCode === null) await delay(TICK_MS)
  return async () => {
    child.stdin.end()
    await once(child, 'exit')
    const last = said.join('').trim().split('\n').at(-1) ?? '{}'
    return JSON.parse(last) as Record<string, number>
  }
}

function p99OfGoodCalls(options: AbuseOptions): Promise<number> {
  const { origin, apiKeys } = options
  return p99OfCalls({ origin, apiKeys, calls: callsOf(options), perSecond: GOOD_CALLS_PER_S })
}

function callsOf({ durationS }: AbuseOptions): number {
  return Math.max(durationS, ATTACK_S_MIN) * GOOD_CALLS_PER_S
}

async function createCustomersUnderAttack(options: AbuseOptions): Promise<void> {
  const { origin } = options
  const apiKeys = await options.createCustomers(NEW_CUSTOMERS)
  await p99OfCalls({ origin, apiKeys, calls: NEW_CUSTOMERS, perSecond: GOOD_CALLS_PER_S })
}
