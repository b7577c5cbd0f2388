import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

interface SteadyOptions {
  origin: string
  /** One for each call, in turns; each is used at an address of its own, where proxies are trusted. */
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
  const failures: Error[] = []
  const begun = performance.now()
  for (let n = 0; n < options.calls && failures.length === 0;) {
    const due = begun + (n * 1_000) / perSecond
    if (due > performance.now()) {
      await delay(1)
      continue
    }
    const owner = n++ % apiKeys.length
    const headers = {
      'x-api-key': apiKeys[owner] ?? '',
      'x-forwarded-for': `203.0.${owner >> 8}.${owner & 255}`,
    }
    calls.push(
      call(origin, agent, headers).then(
        () => void tookMs.push(performance.now() - due),
        (error: Error) => void failures.push(error),
      ),
    )
  }
  await Promise.all(calls)
  agent.destroy()
  if (failures[0] !== undefined) throw failures[0]
  return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? Number.NaN
}

function call(origin: string, agent: Agent, headers: OutgoingHttpHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}/api/me`, { agent, headers }, (response) => {
      response.resume()
      if (response.statusCode === 200) response.on('end', resolve)
      else reject(new Error(`A good call was answered ${response.statusCode}`))
    })
    asked.on('error', reject)
    asked.end()
  })
}
