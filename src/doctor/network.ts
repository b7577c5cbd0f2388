import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { Redis } from 'ioredis'
import type { RateLimit } from '../environment.ts'
import {
  type Facts,
  type Group,
  type Line,
  counted,
  failure,
  pass,
  unseen,
  warning,
} from './check.ts'

const REDIS_MS_MAX = 2_000
/** Wider than this is not a proxy but a neighbourhood. */
const PROXY_BITS_MIN = { 4: 8, 6: 32 } as const

/** Who may reach the service, whom it believes, and how often they may ask. */
export const network: Group = {
  title: 'Network',
  examine: async (facts) => [
    host(facts),
    proxy(facts),
    origins(facts, 'CORS_ORIGINS', facts.config.corsOrigins, 'no browser may read answers'),
    checkoutOrigins(facts),
    rateLimits(facts),
    await redis(facts),
  ],
}

function host({ config }: Facts): Line {
  const isLoopback = config.host === 'localhost' || /^(127\.|::1$)/.test(config.host)
  if (isLoopback) return pass('HOST', 'only this machine reaches the service itself')
  const isContained =
    existsSync('/.dockerenv') || process.env['KUBERNETES_SERVICE_HOST'] !== undefined
  if (isContained) {
    const reason = 'a container: who reaches it depends on where its port is published'
    return unseen(
      'HOST',
      reason,
      'publish it to the proxy alone; `docker port <container>` shows it',
    )
  }
  const reason = `other machines reach port ${config.port}, where there is no TLS`
  return warning('HOST', reason, 'listen on 127.0.0.1, or close the port to all but the proxy')
}

function proxy({ config: { trustProxy } }: Facts): Line {
  if (trustProxy.length === 0) {
    const reason = 'is not set: the proxy passes for every caller, and limits count all as one'
    return warning('TRUST_PROXY', reason, "set it to the proxy's address, such as 127.0.0.1")
  }
  const isWide = trustProxy.some((entry) => {
    const [address = '', bits] = entry.split('/')
    const least = isIP(address) === 6 ? PROXY_BITS_MIN[6] : PROXY_BITS_MIN[4]
    return bits !== undefined && Number(bits) < least
  })
  if (isWide) {
    const reason = 'believes half the world: anyone there may choose the address he is known by'
    return failure('TRUST_PROXY', reason, 'name the proxies alone')
  }
  return pass('TRUST_PROXY', `${counted(trustProxy.length, 'entry', 'entries')} believed`)
}

function origins(facts: Facts, name: string, list: readonly string[], none: string): Line {
  if (facts.faults.some((fault) => fault.startsWith(`${name} `))) {
    return failure(name, 'can not be judged before its fault is mended', 'see Settings above')
  }
  if (list.length === 0) return pass(name, `none: ${none}`)
  const plain = list.filter((origin) => !origin.startsWith('https:'))
  if (plain.length === 0) return pass(name, `${counted(list.length, 'origin')}, exact and https`)
  return failure(
    name,
    `${counted(plain.length, 'origin')} without https`,
    'list https origins alone',
  )
}

function checkoutOrigins(facts: Facts): Line {
  const { stripe, checkoutOrigins: list } = facts.config
  if (stripe !== null && list.length === 0) {
    const reason = 'none, so every checkout is refused for its return URLs'
    return warning('CHECKOUT_ORIGINS', reason, 'list the origins your customers come back to')
  }
  return origins(facts, 'CHECKOUT_ORIGINS', list, 'no checkout may return anywhere')
}

function rateLimits({ config: { rateLimits: limits } }: Facts): Line {
  const off = Object.entries(limits).flatMap(([name, limit]) => (limit === null ? [name] : []))
  const open = off.filter((name) => name !== 'internal')
  if (open.length > 0) {
    return warning('rate limits', `${open.join(', ')}: off`, 'unset RATE_LIMIT_… for the defaults')
  }
  const on = Object.entries(limits).flatMap(([name, limit]) =>
    limit === null ? [] : [`${name} ${describe(limit)}`],
  )
  return pass('rate limits', on.join(', '))
}

function describe({ max, windowMs }: RateLimit): string {
  const minutes = windowMs / 60_000
  return `${max}/${minutes >= 60 ? `${minutes / 60}h` : `${minutes}m`}`
}

async function redis({ config: { redisUrl } }: Facts): Promise<Line> {
  if (redisUrl === undefined) return pass('REDIS_URL', 'none: each process counts for itself')
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: REDIS_MS_MAX,
    commandTimeout: REDIS_MS_MAX,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
    const isPlain = redisUrl.startsWith('redis:') && !/[@/](localhost|127\.|\[::1\])/.test(redisUrl)
    if (!isPlain) return pass('REDIS_URL', 'answers: processes share their counts')
    return warning('REDIS_URL', 'answers, in plain text over the network', 'use rediss://')
  } catch {
    const reason = 'does not answer: until it does, each process counts for itself'
    return failure('REDIS_URL', reason, 'start it, or correct or unset REDIS_URL')
  } finally {
    client.disconnect()
  }
}
