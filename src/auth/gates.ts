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
 * The limits of a scope. An address has two counts: of requests with a valid credential, and of those
 * without. So a flood of wrong credentials never uses up the limit of a valid one behind the same
 * address.
 */
export interface Gate {
  /**
   * Counts a request with a valid credential.
   * @returns undefined if there is no limit, so that nothing has to be awaited
   * @throws Refusal `RATE_LIMITED`
   */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined
  /**
   * Counts a request without a valid credential, before the guard refuses it.
   * @throws Refusal `RATE_LIMITED`
   */
  fail(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

export interface Gates {
  /** For public and unknown routes. */
  public: Gate
  customer: Gate & {
    /** Counts usage reports by customer. */
    reports: Limiter | null
  }
  admin: Gate
  /** A monitor with the token for metrics calls again and again, as it should. */
  metrics: Gate
  internal: Gate
  stripe: Gate
}

/** Whether the body, which is not validated yet, has this value in this field: for `unlimited`. */
export function bodyHas(field: string, value: string): (body: unknown) => boolean {
  return (body) => (body as Record<string, unknown> | null | undefined)?.[field] === value
}

/**
 * Counts the requests that a guard of `app` has let in, except those that are `unlimited`. Where the
 * body decides that, counting waits for the body; the credential has been checked by then.
 * @returns a function that the guard calls with each request
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
  return (request, reply) => {
    const { unlimited } = request.routeOptions.config
    return unlimited === undefined ? gate.admit(request, reply) : undefined
  }
}

/** The network of an IPv6 address stands for it: its owner can choose any address of the /64. */
export function addressOf({ ip }: { ip: string }): string {
  return ip.includes(':') ? normalizeIP(ip) : ip
}

/** Makes every gate, with the configured limits. */
export async function makeGates(
  app: FastifyInstance,
  limits: Config['rateLimits'],
): Promise<Gates> {
  const known = (name: keyof typeof limits) => app.limiter(name, limits[name], addressOf)
  const strangers = (name: keyof typeof limits) =>
    app.limiter(`${name}_strangers`, limits[name], addressOf)

  /** @param stored counts the tokens of the database, each separately */
  function gate(
    scope: Scope,
    admitted: Limiter | null,
    strange: Limiter | null,
    stored: Limiter | null = admitted,
  ): Gate {
    return {
      admit: (request, reply) => {
        const limiter = request.identity?.isStored === true ? stored : admitted
        return limiter?.(request).then((standing) => enforce(reply, standing))
      },
      fail: async (request, reply) => {
        app.failures.note(scope, addressOf(request))
        const standing = await strange?.(request)
        // Headers that count down would distinguish one wrong credential from the next.
        if (standing?.isExceeded === true) enforce(reply, standing)
      },
    }
  }

  const apiStrangers = await strangers('api')
  const ownTokens = await app.limiter('tokens', limits.tokens, ownTokenOf)
  const adminStrangers = await strangers('admin')
  return {
    // This scope has no credentials, so every caller counts as a stranger.
    public: gate('public', apiStrangers, null),
    customer: {
      ...gate('customer', await known('api'), apiStrangers),
      reports: await app.limiter('usage', limits.usage, ownCustomerOf),
    },
    admin: gate('admin', await known('admin'), adminStrangers, ownTokens),
    metrics: gate('admin', null, adminStrangers),
    internal: gate('internal', await known('internal'), await strangers('internal'), ownTokens),
    stripe: gate('stripe', await known('webhooks'), await strangers('webhooks')),
  }
}

function ownTokenOf({ identity }: FastifyRequest): string {
  return identity?.tokenId ?? ''
}

function ownCustomerOf(request: FastifyRequest): string {
  return request.keyHolder?.customerId ?? ''
}
