import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { audit } from './audit/plugin.ts'
import { auditRoutes } from './audit/routes.ts'
import { auditSchemas } from './audit/schemas.ts'
import { entryRoutes, tlogRoutes } from './audit/tlog/routes.ts'
import { requireAdminToken } from './auth/admin.ts'
import { requireApiKey } from './auth/api-key.ts'
import { requireApiKeyOrAdminToken } from './auth/api-key-or-admin.ts'
import { environmentMatcher } from './auth/identity.ts'
import { failures } from './auth/failures.ts'
import { makeGates } from './auth/gates.ts'
import { requireInternalToken } from './auth/internal.ts'
import { allowAnyone } from './auth/public.ts'
import { CAPABILITIES } from './capabilities.ts'
import type { Capability } from './capability/capability.ts'
import { database, useDatabase } from './database/index.ts'
import { Checklist, doctorRoutes } from './doctor/routes.ts'
import { guideRoutes } from './http/docs/routes.ts'
import { healthRoutes, healthSchemas } from './http/health.ts'
import { metricsRoutes } from './http/metrics.ts'
import { documentationRoutes, openapi } from './http/openapi.ts'
import { outcomes } from './http/outcomes/plugin.ts'
import { pageRoutes } from './http/pages/routes.ts'
import { passage, serverOptions } from './http/passage.ts'
import { rateLimits } from './http/rate-limits/index.ts'
import { strictJson } from './http/strict-json.ts'
import { refuseOtherPreflights, refuseUnknownRoutes } from './http/unknown-routes.ts'
import { eventSchemas, webhooksOf } from './events/document.ts'
import { events } from './events/plugin.ts'
import { jobs } from './jobs/registry.ts'
import { keyRing } from './keys/index.ts'
import { JsonWebKeySet, keyRingRoutes } from './keys/routes.ts'
import { privacy } from './privacy/plugin.ts'
import type { Config } from './process/config.ts'
import { VERSION } from './package/version.ts'
import { stripe } from './stripe/client.ts'
import { requireStripeSignature } from './stripe/guard.ts'
import { inbox } from './stripe/plugin.ts'
import { stripeEventRoutes, stripeEventSchemas } from './stripe/admin-routes.ts'
import { webhookRoutes, webhookSchemas } from './stripe/routes.ts'
import { CheckoutSession } from './stripe/schemas.ts'

/**
 * The map of the service: first what every request passes, then the mechanisms, then the capabilities
 * by scope.
 */
export async function buildApp(
  config: Config,
  logger: FastifyBaseLogger,
  capabilities: readonly Capability[] = CAPABILITIES,
): Promise<FastifyInstance> {
  const app = Fastify(serverOptions(logger)).withTypeProvider<TypeBoxTypeProvider>()

  app.decorateRequest('actor', null)
  app.decorateRequest('keyHolder', null)
  app.decorateRequest('identity', null)
  app.decorateRequest('portal', null)
  for (const { add } of passage(config)) await add(app)
  if (config.corsOrigins.length > 0) {
    await app.register(cors, corsOptions(config.corsOrigins))
    refuseOtherPreflights(app)
  }
  await app.register(strictJson)
  await app.register(openapi, { version: VERSION })
  await app.register(database, { config: config.database })
  await app.register(outcomes)
  await app.register(jobs)
  await app.register(rateLimits, { redisUrl: config.redisUrl })
  await app.register(failures)
  await app.register(keyRing, { config: config.keys })
  await app.register(audit, {
    checkpointFolder: config.auditCheckpointDir,
    dataDir: config.dataDir,
    settings: config.auditLog,
    production: config.production,
  })
  await app.register(privacy)
  await app.register(events)
  await app.register(stripe, { config: config.stripe })
  await app.register(inbox)
  for (const { plugin, told, stripeEvents = [] } of capabilities) {
    if (told !== undefined) app.events.add(told)
    await plugin?.(app, config)
    app.stripeEvents.handle(stripeEvents)
  }
  for (const schema of [
    ...healthSchemas,
    JsonWebKeySet,
    CheckoutSession,
    ...webhookSchemas,
    ...stripeEventSchemas,
    ...auditSchemas,
    Checklist,
    ...capabilities.flatMap(({ schemas = [] }) => schemas),
    ...eventSchemas(app.events.types),
    ...capabilities.flatMap(({ documents }) => documents?.(app) ?? []),
  ]) {
    app.addSchema(schema)
  }

  Object.assign(app.documentedWebhooks, webhooksOf(app.events.types))

  const gates = await makeGates(app, config.rateLimits)
  const ofAdmins = environmentMatcher('admin', config.adminTokens)
  const ofMetrics = environmentMatcher('admin', config.metricsTokens, ['metrics:read'])
  const ofServices = environmentMatcher('internal', config.internalTokens)
  const sessions = app.sessions.guard
  const operators = { environment: ofAdmins, stored: app.tokens.admin, sessions }
  const means = { config, gates, operators }
  type ScopeName = keyof NonNullable<Capability['routes']>
  const addRoutes = async (scope: FastifyInstance, name: ScopeName) => {
    for (const { routes } of capabilities) await routes?.[name]?.(scope, means)
  }

  await app.register(async (scope) => {
    // A monitor must get its answer above all while the service is under attack.
    allowAnyone(scope, null)
    await scope.register(healthRoutes, { prefix: '/health', version: VERSION })
  })

  await app.register(async (scope) => {
    // No rate limit: a mirror reads thousands of tiles and a monitor never stops polling, but both
    // are cheap to answer.
    allowAnyone(scope, null)
    await scope.register(tlogRoutes, { prefix: '/log' })
  })

  await app.register(async (scope) => {
    allowAnyone(scope, gates.public)
    refuseUnknownRoutes(scope)
    await scope.register(documentationRoutes)
    await scope.register(guideRoutes, { prefix: '/docs/guides' })
    await scope.register(keyRingRoutes)
    await addRoutes(scope, 'public')
  })

  await app.register(async (scope) => {
    // No rate limit: files come from memory, and the calls count failed attempts themselves.
    allowAnyone(scope, null)
    await scope.register(pageRoutes, {
      hasConsole: config.hasConsole,
      publicUrl: config.publicUrl,
      version: VERSION,
    })
    await addRoutes(scope, 'pages')
  })

  await app.register(
    async (scope) => {
      requireStripeSignature(scope, config.stripe?.webhookSecrets ?? null, gates.stripe)
      await scope.register(webhookRoutes)
    },
    { prefix: '/api/webhooks' },
  )

  await app.register(
    async (scope) => {
      useDatabase(scope, 'customers')
      requireApiKey(scope, app.apiKeys, gates.customer)
      await addRoutes(scope, 'customer')
    },
    { prefix: '/api' },
  )

  await app.register(
    async (scope) => {
      useDatabase(scope, 'customers')
      requireApiKeyOrAdminToken(scope, app.apiKeys, operators, gates)
      await addRoutes(scope, 'customerOrAdmin')
    },
    { prefix: '/api' },
  )

  await app.register(
    async (scope) => {
      requireAdminToken(scope, operators, gates.admin)
      useDatabase(scope, 'admin')
      await addRoutes(scope, 'admin')
      await scope.register(stripeEventRoutes, { prefix: '/stripe/events' })
      await scope.register(auditRoutes, { prefix: '/audit' })
      await scope.register(doctorRoutes, { prefix: '/doctor', config })
    },
    { prefix: '/api' },
  )

  await app.register(
    async (scope) => {
      requireAdminToken(scope, operators, gates.admin)
      await scope.register(entryRoutes)
    },
    { prefix: '/log' },
  )

  await app.register(async (scope) => {
    requireAdminToken(scope, operators, gates.admin)
    useDatabase(scope, 'admin')
    await addRoutes(scope, 'operators')
  })

  await app.register(async (scope) => {
    const environment = (presented: string) => ofAdmins(presented) ?? ofMetrics(presented)
    requireAdminToken(scope, { ...operators, environment }, gates.metrics)
    await scope.register(metricsRoutes)
  })

  await app.register(async (scope) => {
    const bearers = { environment: ofServices, stored: app.tokens.internal, sessions }
    requireInternalToken(scope, bearers, gates.internal)
    useDatabase(scope, 'internal')
    await addRoutes(scope, 'internal')
  })

  return app
}

function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    // A list of origins would answer preflights of other origins with the other allow headers.
    origin: (origin, decide) => decide(null, origins.find((known) => known === origin) ?? false),
    strictPreflight: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'content-type',
      'authorization',
      'x-api-key',
      'idempotency-key',
      'if-none-match',
    ],
    exposedHeaders: [
      'etag',
      'x-request-id',
      'retry-after',
      'idempotent-replayed',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
    ],
    maxAge: 600,
  }
}
