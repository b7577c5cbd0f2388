import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

interface SteadyOptions {
  origin: string
  /** One for each call, in turns. */
  apiKeys: readonly string[]
  calls: number
  perSecond: number
}

/**
 * Calls `GET /api/me` at a steady rate, each timed from when it was due. Fails if any is refused.
 * @returns the p99, in milliseconds
 */
export async function p99OfCalls(options: SteadyOptions): Promise<number> {
  const { origin, apiKeys, perSecond } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const tookMs: number[] = []
  const calls: Promise<void>[] = []
  const begun = performance.now()
  for (let n = 0; n < options.calls;) {
    const due = begun + (n * 1_000) / perSecond
    if (due > performance.now()) {
      await delay(1)
      continue
    }
    const apiKey = apiKeys[n++ % apiKeys.length] ?? ''
    calls.push(call(origin, agent, apiKey).then(() => void tookMs.push(performance.now() - due)))
  }
  await Promise.all(calls)
  agent.destroy()
  return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? Number.NaN
}

function call(origin: string, agent: Agent, apiKey: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': apiKey }
    const asked = request(`${origin}/api/me`, { agent, headers }, (response) => {
      response.resume()
      if (response.statusCode === 200) response.on('end', resolve)
      else reject(new Error(`A good call was answered ${response.statusCode}`))
    })
    asked.on('error', reject)
    asked.end()
  })
}
