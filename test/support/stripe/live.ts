import { setMaxListeners } from 'node:events'
import { deliver } from './deliver.ts'
import type { StripeEvent } from './types.ts'
import type { World } from './world.ts'

export interface LiveDelivery {
  /** Resolves when every event so far is answered with a 2xx. */
  idle(): Promise<void>
  /** Events that were still being sent when it was stopped. */
  undelivered: StripeEvent[]
  /** Ends running deliveries, and starts no more. */
  stop(): Promise<void>
}

/** Delivers each event as it is emitted, all at once as Stripe does, until it is stopped. */
export function startDelivering(world: World, to: string, secret: string): LiveDelivery {
  const ended = new AbortController()
  // Each running delivery listens to it.
  setMaxListeners(0, ended.signal)
  const running = new Set<Promise<void>>()
  const undelivered: StripeEvent[] = []
  async function send(event: StripeEvent): Promise<void> {
    const options = { to, secret, events: [event], attempts: Infinity }
    undelivered.push(...(await deliver(options, ended.signal)).undelivered)
  }
  const unsubscribe = world.subscribe((event) => {
    const delivery = send(event).finally(() => running.delete(delivery))
    running.add(delivery)
  })
  const idle = async () => {
    while (running.size > 0) await Promise.all(running)
  }
  return {
    idle,
    undelivered,
    stop: async () => {
      unsubscribe()
      ended.abort()
      await idle()
    },
  }
}
