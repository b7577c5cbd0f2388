import type { FastifyInstance } from 'fastify'
import type { Actor } from '../audit/record.ts'
import { strictObject } from '../http/schemas.ts'
import type { RefusalCode } from '../refusals/index.ts'

export type Scope = 'public' | 'customer' | 'admin' | 'internal' | 'stripe'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the scope's guard; null if the scope requires no credential. */
    actor: Actor | null
  }
  interface FastifyContextConfig {
    scope?: Scope
    /** The refusals of this route besides those of its scope and of every route. */
    refusals?: readonly RefusalCode[]
    /**
     * Exempts calls with a valid credential from limits, because they take something away from a
     * thief of another credential: revoking, suspending, freezing. A function decides by the body,
     * which is parsed but not validated.
     */
    unlimited?: true | ((body: unknown) => boolean)
  }
  interface FastifySchema {
    operationId?: string
  }
}

/** How the OpenAPI document groups its operations. */
export const SCOPE_TAGS: Readonly<Record<Scope, string>> = {
  customer: 'Customer',
  internal: 'Internal',
  admin: 'Admin',
  public: 'Public',
  stripe: 'Stripe',
}

/** The query string of a call that takes none: a parameter in it would be dropped silently. */
const NO_PARAMETERS = strictObject({})

/** Monitors and caches add parameters of their own to what is public, and operators to Stripe's URL. */
const TAKES_ANY_QUERY: ReadonlySet<Scope> = new Set(['public', 'stripe'])

interface Mark {
  scope: Scope
  /** Names of security schemes in the OpenAPI document; none for the public scope. */
  security: readonly string[]
  refusals: readonly RefusalCode[]
}

/**
 * Marks every route declared in `app` from here on, for the OpenAPI document and for the test that
 * knows which routes are public. Each guard calls it, so what is guarded is marked. No cache may keep
 * an answer or a refusal of a route that requires a credential, and such a route takes no parameter
 * that it does not know.
 */
export function markScope(app: FastifyInstance, mark: Mark): void {
  app.addHook('onRoute', (route) => {
    route.config = {
      ...route.config,
      scope: mark.scope,
      refusals: [...mark.refusals, ...(route.config?.refusals ?? [])],
    }
    route.schema = {
      ...(!TAKES_ANY_QUERY.has(mark.scope) && { querystring: NO_PARAMETERS }),
      ...route.schema,
      // One tag a scope: a generated client then has one class for each credential.
      tags: [SCOPE_TAGS[mark.scope]],
      security: mark.security.map((name) => ({ [name]: [] })),
    }
  })
  if (mark.security.length === 0) return
  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store')
    done()
  })
}

/** The actor of a request that a guard has let in. */
export function actorOf(request: { actor: Actor | null }): Actor {
  if (request.actor === null) throw new Error('This route is behind no guard')
  return request.actor
}
