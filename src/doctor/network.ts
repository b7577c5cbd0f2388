import { existsSync } from 'node:fs'
import { Redis } from 'ioredis'
import { isPlainRedis } from '../process/unsafe-settings.ts'
import type { RateLimit } from '../http/rate-limits/index.ts'
import { isLoopback } from '../database/loopback.ts'
import {
  type Facts,
  type Group,
  type Line,
  counted,
  failure,
  hasFault,
  pass,
  unseen,
  warning,
} from './check.ts'

const REDIS_MS_MAX = 2_000

/** Who can reach the service, which proxies it trusts, and its rate limits. */
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
  if (isLoopback(config.host)) return pass('HOST', 'only this machine reaches the service itself')
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

function proxy(facts: Facts): Line {
  const { trustProxy } = facts.config
  if (hasFault(facts, 'TRUST_PROXY')) return unjudged('TRUST_PROXY')
  if (trustProxy.length === 0) {
    const reason = 'is not set: the proxy passes for every caller, and limits count all as one'
    return warning('TRUST_PROXY', reason, "set it to the proxy's address, such as 127.0.0.1")
  }
  return pass('TRUST_PROXY', `${counted(trustProxy.length, 'entry', 'entries')} believed`)
}

function unjudged(name: string): Line {
  return failure(name, 'can not be judged before its fault is corrected', 'see Settings above')
}

function origins(facts: Facts, name: string, list: readonly string[], none: string): Line {
  if (hasFault(facts, name)) return unjudged(name)
  if (list.length === 0) return pass(name, `none: ${none}`)
  const plain = list.filter((origin) => !origin.startsWith('https:'))
  if (plain.length === 0) return pass(name, `${counted(list.length, 'origin')}, exact and https`)
  const isFault = name === 'CHECKOUT_ORIGINS'
  const reason = `${counted(plain.length, 'origin')} without https${isFault ? '' : ', on this machine'}`
  return (isFault ? failure : warning)(name, reason, 'list https origins alone')
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

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** As RATE_LIMIT_… takes it, in the largest unit that fits. */
function describe({ max, windowMs }: RateLimit): string {
  const [name, ms] = UNITS.find(([, each]) => windowMs % each === 0) ?? UNITS[2]
  return `${max}/${windowMs / ms}${name}`
}

async function redis(facts: Facts): Promise<Line> {
  const { redisUrl } = facts.config
  if (redisUrl === undefined) {
    return pass(
      'REDIS_URL',
      facts.config.processes > 1
        ? `none: the ${facts.config.processes} processes of one command count together, but each command for itself`
        : 'none: each process counts for itself',
    )
  }
  if (hasFault(facts, 'REDIS_URL')) return unjudged('REDIS_URL')
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
    if (!isPlainRedis(redisUrl)) return pass('REDIS_URL', 'answers: processes share their counts')
    const reason = 'answers, in plain text: REDIS_ALLOW_PLAIN permits it'
    return warning('REDIS_URL', reason, 'use rediss://, unless the network is yours alone')
  } catch {
    const reason = 'does not answer: until it does, each process counts for itself'
    return failure('REDIS_URL', reason, 'start it, or correct or unset REDIS_URL')
  } finally {
    client.disconnect()
  }
}
