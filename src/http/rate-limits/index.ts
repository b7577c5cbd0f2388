import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Counter } from 'prom-client'
import { Refusal } from '../../refusals/index.ts'
import { primary } from '../../cluster/primary.ts'
import { CALLERS_MAX } from './counts.ts'
import { countsInPrimary } from './primary.ts'
import type { SharedCounts } from './shared.ts'

export interface RateLimit {
  max: number
  windowMs: number
}

/** Counts a request towards a limit, or only looks, and returns the caller's standing. */
export type Limiter = (request: FastifyRequest, look?: Look) => Promise<Standing>

interface Look {
  increment: false
}

export interface Standing {
  max: number
  remaining: number
  /** Whole seconds until the count starts again. */
  ttlInSeconds: number
  isExceeded: boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes a limiter.
     * @param name the metric's label, and part of the keys in Redis
     * @param callerOf whose requests are counted together
     * @returns null for a limit that is off
     */
    limiter: (
      name: string,
      limit: RateLimit | null,
      callerOf: (request: FastifyRequest) => string,
    ) => Promise<Limiter | null>
    /** Null without Redis; limits are then counted in the primary process, or in this one. */
    sharedRedis: Pick<SharedCounts, 'isUp'> | null
  }
}

/**
 * Counts limits in Redis if it is configured. Without Redis, counts them in the primary process if
 * there is one. Otherwise, and while the other place does not answer, counts them in this process.
 */
export const rateLimits = fp(
  async (app: FastifyInstance, options: { redisUrl: string | undefined }) => {
    const { redisUrl } = options
    // Imported here, because a start that needs no Redis is faster without its client.
    const redis =
      redisUrl === undefined ? null : (await import('./redis.ts')).sharedRedis(app, redisUrl)
    const above = primary()
    const counts = redis ?? (above && countsInPrimary(app, above))
    const refused = new Counter({
      name: 'strongroom_rate_limited_total',
      help: 'Requests beyond a limit, by limit.',
      labelNames: ['limit'],
      registers: [app.metrics],
    })
    app.decorate('sharedRedis', redis)
    app.decorate('limiter', async (name, limit, callerOf) => {
      if (limit === null) return null
      const settings = { max: limit.max, timeWindow: limit.windowMs, keyGenerator: callerOf }
      const own = await counter(app, { ...settings, cache: CALLERS_MAX })
      const shared = counts && (await counter(app, { ...settings, ...counts.settingsOf(name) }))
      return async (request, look) => {
        let standing: Standing | undefined
        if (shared !== null && counts?.isUp() === true) {
          standing = await shared(request, look).catch(() => {
            counts.markDown()
            return undefined
          })
        }
        standing ??= await own(request, look)
        if (standing.isExceeded && look === undefined) refused.inc({ limit: name })
        return standing
      }
    })
  },
  { name: 'rate-limits', dependencies: ['metrics'] },
)

/**
 * Makes a counter from @fastify/rate-limit. Each has its own context, because the plugin has one
 * store for each.
 */
async function counter(app: FastifyInstance, settings: RateLimitPluginOptions): Promise<Limiter> {
  let count: ReturnType<FastifyInstance['createRateLimit']> | undefined
  await app.register(async (place) => {
    await place.register(rateLimit, { global: false, ...settings })
    count = place.createRateLimit()
  })
  if (count === undefined) throw new Error('The limiter was not made')
  // The other result is for callers on an allow list, and there is none.
  return count as Limiter
}

/**
 * Tells the caller its standing in the headers of draft-ietf-httpapi-ratelimit-headers-06.
 * @throws Refusal `RATE_LIMITED`
 */
export function enforce(reply: FastifyReply, standing: Standing): void {
  void reply
    .header('ratelimit-limit', standing.max)
    .header('ratelimit-remaining', standing.remaining)
    .header('ratelimit-reset', standing.ttlInSeconds)
  if (!standing.isExceeded) return
  void reply.header('retry-after', Math.max(1, standing.ttlInSeconds))
  throw new Refusal('RATE_LIMITED')
}
