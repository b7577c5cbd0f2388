import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Row, median } from './report.ts'

const GOOD_CALLS_PER_S = 100
const TICK_MS = 10
/** What an attack leaves behind, hashes that wait and sockets to close, is no part of a quiet time. */
const SETTLE_MS = 5_000

interface AbuseOptions {
  origin: string
  apiKeys: readonly string[]
  rounds: number
  durationS: number
}

/** Promise 19: what good calls feel of an attack from their own address, in turns with and without. */
export async function measureAbuse(
  options: AbuseOptions,
  samples: Map<string, number[]>,
): Promise<Row> {
  const quiet: number[] = []
  const attacked: number[] = []
  // Warm: each key is known, and so are the connections.
  await p99OfGoodCalls(options)
  for (let round = 1; round <= options.rounds; round++) {
    quiet.push(await p99OfGoodCalls(options))
    const stop = await startAttack(options.origin)
    attacked.push(await p99OfGoodCalls(options))
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
    target: '≤ 2 ×',
    met: a / b <= 2,
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

/** Calls at a steady rate, each timed from when it was due. */
async function p99OfGoodCalls({ origin, apiKeys, durationS }: AbuseOptions): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const tookMs: number[] = []
  const calls: Promise<void>[] = []
  const begun = performance.now()
  for (let n = 0; n < durationS * GOOD_CALLS_PER_S;) {
    const due = begun + (n * 1_000) / GOOD_CALLS_PER_S
    if (due > performance.now()) {
      await delay(1)
      continue
    }
    const apiKey = apiKeys[n++ % apiKeys.length] ?? ''
    calls.push(
      goodCall(origin, agent, apiKey).then(() => void tookMs.push(performance.now() - due)),
    )
  }
  await Promise.all(calls)
  agent.destroy()
  return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? Number.NaN
}

function goodCall(origin: string, agent: Agent, apiKey: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': apiKey }
    const call = request(`${origin}/api/me`, { agent, headers }, (response) => {
      response.resume()
      if (response.statusCode === 200) response.on('end', resolve)
      else reject(new Error(`A good call was answered ${response.statusCode}`))
    })
    call.on('error', reject)
    call.end()
  })
}
