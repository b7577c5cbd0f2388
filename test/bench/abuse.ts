import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Row, type Samples, median } from './report.ts'
import { createCustomers } from './seed.ts'
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
  adminToken: string
  apiKeys: readonly string[]
  rounds: number
  durationS: number
}

/**
 * Promise 19: what good calls feel of an attack from all over the world, in turns with and without.
 * Meanwhile customers are made, and their keys, new to the service, are let in; else it fails.
 */
export async function measureAbuse(options: AbuseOptions, samples: Samples): Promise<Row> {
  const quiet: number[] = []
  const attacked: number[] = []
  // Warm: each key is known, and so are the connections.
  await p99OfGoodCalls(options)
  for (let round = 1; round <= options.rounds; round++) {
    quiet.push(await p99OfGoodCalls(options))
    const stop = await startAttack(options.origin)
    attacked.push(await p99OfGoodCalls(options))
    await createCustomersUnderAttack(options)
    const statuses = await stop()
    await delay(SETTLE_MS)
    const [a, b] = [quiet.at(-1) ?? 0, attacked.at(-1) ?? 0]
    process.stderr.write(
      `round ${round}  p99 of good calls ${a.toFixed(1)} ms, attacked ${b.toFixed(1)} ms; attackers got ${statuses}\n`,
    )
  }
  samples.set('p99 quiet, ms', quiet)
  samples.set('p99 attacked, ms', attacked)
  const [a, b] = [median(attacked), median(quiet)]
  return {
    what: 'p99 of good calls during 500 wrong keys/s and 2,000 slow connections against without',
    value: `${(a / b).toFixed(2)} × (${a.toFixed(1)} ms : ${b.toFixed(1)} ms)`,
    target: '≤ 1.25 ×',
    met: a / b <= 1.25,
  }
}

/** Resolves when all slow connections are open. */
async function startAttack(origin: string): Promise<() => Promise<string>> {
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
    return said.join('').trim().split('\n').at(-1) ?? ''
  }
}

function p99OfGoodCalls({ origin, apiKeys, durationS }: AbuseOptions): Promise<number> {
  const calls = Math.max(durationS, ATTACK_S_MIN) * GOOD_CALLS_PER_S
  return p99OfCalls({ origin, apiKeys, calls, perSecond: GOOD_CALLS_PER_S })
}

async function createCustomersUnderAttack({ origin, adminToken }: AbuseOptions): Promise<void> {
  const apiKeys = await createCustomers(origin, adminToken, NEW_CUSTOMERS)
  await p99OfCalls({ origin, apiKeys, calls: NEW_CUSTOMERS, perSecond: GOOD_CALLS_PER_S })
}
