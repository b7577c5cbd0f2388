import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { Gauge } from 'prom-client'
import { COUNT_MS_MAX, PROBE_INTERVAL_MS, type SharedCounts } from './shared.ts'

const RECONNECT_MS_MAX = 2_000

/** A Redis that may be unavailable: no request waits for it, and no command is queued. */
export function sharedRedis(app: FastifyInstance, url: string): SharedCounts {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: COUNT_MS_MAX,
    retryStrategy: (times) => Math.min(100 * times, RECONNECT_MS_MAX),
    connectionName: 'strongroom',
  })
  let up = false
  const gauge: Gauge = new Gauge({
    name: 'strongroom_rate_limit_redis_up',
    help: '1 while limits are shared through Redis; 0 while each process counts on its own.',
    aggregator: 'min',
    registers: [app.metrics],
    collect: () => gauge.set(up ? 1 : 0),
  })

  function mark(isUp: boolean): void {
    if (isUp === up) return
    up = isUp
    if (isUp) app.log.info('Redis answers: limits are shared')
    else app.log.warn('Redis does not answer: limits are counted in this process')
  }

  async function probe(): Promise<void> {
    await client.ping().then(
      () => mark(true),
      () => mark(false),
    )
  }

  // Without a listener, ioredis would write its errors to the console.
  client.on('error', () => undefined)
  client.on('close', () => mark(false))
  client.on('ready', () => void probe())
  const timer = setInterval(() => void probe(), PROBE_INTERVAL_MS)
  timer.unref()
  app.addHook('onReady', async () => {
    // A start does not wait for Redis either.
    await client.connect().catch(() => mark(false))
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    client.removeAllListeners('close')
    client.disconnect()
  })
  return {
    isUp: () => up,
    markDown: () => mark(false),
    settingsOf: (name) => ({ redis: client, nameSpace: `strongroom:limit:${name}:` }),
  }
}
