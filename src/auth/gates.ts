import { normalizeIP } from '@fastify/rate-limit'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  preValidationAsyncHookHandler,
} from 'fastify'
import type { Config } from '../process/config.ts'
import { type Limiter, enforce } from '../http/rate-limits/index.ts'
import type { Scope } from './scope.ts'

/**
 * The limits of a scope. An address has two counts: of requests with a good credential, and of those
 * without. So no flood of wrong credentials uses up what a good one behind the same address may do.
 */
export interface Gate {
  /**
   * Counts a request that is let in.
   * @throws Refusal `RATE_LIMITED`
   */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /**
   * Counts a request without one, before the guard refuses it in its own way.
   * @throws Refusal `RATE_LIMITED`
   */
  fail(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

export interface Gates {
  /** Public routes, and unknown ones. */
  public: Gate
  customer: Gate & {
    /** Counts usage reports by customer. */
    reports: Limiter | null
  }
  admin: Gate
  /** Whoever has the token for metrics asks again and again, as it should. */
  metrics: Gate
  internal: Gate
  stripe: Gate
}

/** The unvalidated body has this value in this field: for `unlimited`. */
export function bodyHas(field: string, value: string): (body: unknown) => boolean {
  return (body) => (body as Record<string, unknown> | null | undefined)?.[field] === value
}

/**
 * Counts the requests that a guard of `app` has let in, but for those that are `unlimited`. Where the
 * body decides, that is after it has been read: the credential has been checked by then.
 * @returns what the guard calls with each of them
 */
export function countAdmitted(app: FastifyInstance, gate: Gate): Gate['admit'] {
  app.addHook('onRoute', (route) => {
    const unlimited = route.config?.unlimited
    if (typeof unlimited !== 'function') return
    const judge: preValidationAsyncHookHandler = async (request, reply) => {
      if (!unlimited(request.body)) await gate.admit(request, reply)
    }
    route.preValidation = [judge, ...[route.preValidation ?? []].flat()]
  })
  return async (request, reply) => {
    const { unlimited } = request.routeOptions.config
    if (unlimited === undefined) await gate.admit(request, reply)
  }
}

/** An IPv6 address stands for its /64, which its owner can choose addresses from at will. */
export function addressOf({ ip }: { ip: string }): string {
  return ip.includes(':') ? normalizeIP(ip) : ip
}

/** Every gate, with the limits as configured. */
export async function makeGates(
  app: FastifyInstance,
  limits: Config['rateLimits'],
): Promise<Gates> {
  const known = (name: keyof typeof limits) => app.limiter(name, limits[name], addressOf)
  const strangers = (name: keyof typeof limits) =>
    app.limiter(`${name}_strangers`, limits[name], addressOf)

  function gate(scope: Scope, admitted: Limiter | null, strange: Limiter | null): Gate {
    return {
      admit: async (request, reply) => {
        if (admitted !== null) enforce(reply, await admitted(request))
      },
      fail: async (request, reply) => {
        app.failures.note(scope, addressOf(request))
        const standing = await strange?.(request)
        // Headers that count down would tell one wrong credential from the next.
        if (standing?.isExceeded === true) enforce(reply, standing)
      },
    }
  }

  const apiStrangers = await strangers('api')
  const adminStrangers = await strangers('admin')
  return {
    // Without credentials all are strangers.
    public: gate('public', apiStrangers, null),
    customer: {
      ...gate('customer', await known('api'), apiStrangers),
      reports: await app.limiter('usage', limits.usage, ownCustomerOf),
    },
    admin: gate('admin', await known('admin'), adminStrangers),
    metrics: gate('admin', null, adminStrangers),
    internal: gate('internal', await known('internal'), await strangers('internal')),
    stripe: gate('stripe', await known('webhooks'), await strangers('webhooks')),
  }
}

function ownCustomerOf(request: FastifyRequest): string {
  return request.keyHolder?.customerId ?? ''
}
