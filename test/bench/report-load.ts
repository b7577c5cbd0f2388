import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'node:http'

const WINDOW_MS = 5_000
const TICK_MS = 10
const CONNECTIONS = 64

export interface Caller {
  id: string
  apiKey: string
}

/** Customers with keys that the service has verified. */
export async function callers(
  origin: string,
  adminToken: string,
  count: number,
): Promise<Caller[]> {
  const made: Caller[] = []
  for (let n = 1; n <= count; n++) {
    const response = await fetch(`${origin}/api/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: `customer-${n}@example.com` }),
    })
    if (!response.ok) throw new Error(`POST /api/customers: ${response.status}`)
    const body = (await response.json()) as { customer: { customer_id: string }; api_key: string }
    made.push({ id: body.customer.customer_id, apiKey: body.api_key })
    await fetch(`${origin}/api/me`, { headers: { 'x-api-key': body.api_key } })
  }
  return made
}

/**
 * Sends reports at a steady rate whether or not answers come, and notes each one's time from when it
 * was due. Fails on any answer that is not 201.
 */
export function reportSteadily(origin: string, customers: readonly Caller[], perSecond: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const { hostname, port } = new URL(origin)
  let windows: number[][] = []
  let fault: unknown
  const state = { isStopped: false, underWay: 0 }

  async function drive(): Promise<void> {
    const startedAt = performance.now()
    for (let sent = 0; !state.isStopped;) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond)
      for (; sent < due; sent++) send(startedAt + (sent / perSecond) * 1_000, sent)
      await delay(TICK_MS)
    }
    while (state.underWay > 0) await delay(TICK_MS)
  }

  function send(dueAt: number, n: number): void {
    const body = `{"metrics":{"api.calls":${n % 100}}}`
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-api-key': customers[n % customers.length]?.apiKey,
    }
    state.underWay++
    const path = '/api/usage/report'
    const sending = request(
      { agent, hostname, port, path, method: 'POST', headers },
      (response) => {
        if (response.statusCode !== 201) fault ??= new Error(`A report: ${response.statusCode}`)
        response.resume().on('end', () => {
          state.underWay--
          note(performance.now() - dueAt)
        })
      },
    )
    sending.on('error', (error) => {
      state.underWay--
      fault ??= error
    })
    sending.end(body)
  }

  let windowEndsAt = 0
  function note(ms: number): void {
    const now = performance.now()
    if (now >= windowEndsAt) {
      windows.push([])
      windowEndsAt = now + WINDOW_MS
    }
    windows.at(-1)?.push(ms)
  }

  const driving = drive()
  return {
    /** The times in milliseconds since the last `take`, by windows of five seconds. */
    take(): number[][] {
      if (fault !== undefined) throw fault
      const taken = windows
      windows = []
      windowEndsAt = 0
      return taken
    },
    async stop(): Promise<void> {
      state.isStopped = true
      await driving
      agent.destroy()
      if (fault !== undefined) throw fault
    },
  }
}
