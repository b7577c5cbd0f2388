import cors, { type FastifyCorsOptions } from '@fastify/cors'
import sensible from '@fastify/sensible'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { failures } from './auth/failures.ts'
import { makeGates } from './auth/gates.ts'
import { apiKeyAdminRoutes, apiKeySchemas, meRoutes } from './customers/api-keys/routes.ts'
import { apiKeys } from './customers/api-keys/plugin.ts'
import { audit } from './audit/plugin.ts'
import { auditRoutes, receiptRoutes } from './audit/routes.ts'
import { auditSchemas } from './audit/schemas.ts'
import { requireAdminToken } from './auth/admin.ts'
import { requireApiKey } from './auth/api-key.ts'
import { requireInternalToken } from './auth/internal.ts'
import { allowAnyone } from './auth/public.ts'
import { requireStripeSignature } from './auth/stripe.ts'
import type { Config } from './process/config.ts'
import { customerRoutes, customerSchemas } from './customers/routes.ts'
import { guideRoutes } from './http/docs/routes.ts'
import { accountRoutes, fundsSchemas, moneyRoutes } from './funds/routes.ts'
import { funds } from './funds/plugin.ts'
import { paymentRoutes, paymentSchemas } from './payments/routes.ts'
import {
  licenseAdminRoutes,
  licenseRoutes,
  licenseSchemas,
  revocationRoutes,
} from './licenses/routes.ts'
import { revocations } from './licenses/revocations.ts'
import { planRoutes, planSchemas } from './plans/routes.ts'
import { jobMetrics } from './jobs/metrics.ts'
import { callerAddress } from './http/caller-address.ts'
import { connectionLimits, serverLimits } from './http/connections.ts'
import { database, useDatabase } from './database/index.ts'
import { deadline } from './http/deadline.ts'
import { draining } from './http/draining.ts'
import { earlyAnswers } from './http/early-answers.ts'
import { errors, refuseBadUrl } from './http/errors.ts'
import { healthRoutes, healthSchemas } from './http/health.ts'
import { keyRing } from './keys/index.ts'
import { JsonWebKeySet, keyRingRoutes } from './keys/routes.ts'
import { requestLog } from './http/logging.ts'
import { metrics, metricsRoutes } from './http/metrics.ts'
import { documentationRoutes, openapi } from './http/openapi.ts'
import { rateLimits } from './http/rate-limits/index.ts'
import { requestIdOf, requestIds } from './http/request-id.ts'
import { securityHeaders } from './http/security-headers.ts'
import { stripe } from './stripe/client.ts'
import { strictJson } from './http/strict-json.ts'
import { loggerOfRequest } from './http/trace-context.ts'
import { knownRoutes, refuseOtherPreflights, refuseUnknownRoutes } from './http/unknown-routes.ts'
import { schemaController } from './http/validation.ts'
import { erasures } from './privacy/plugin.ts'
import { accountPrivacyRoutes, customerPrivacyRoutes, privacySchemas } from './privacy/routes.ts'
import {
  findingSchemas,
  subscriptionFindingRoutes,
  subscriptionGauges,
} from './subscriptions/findings.ts'
import { statsRoutes, subscriptionRoutes, subscriptionSchemas } from './subscriptions/routes.ts'
import { outcomes } from './http/outcomes/plugin.ts'
import { usage } from './usage/plugin.ts'
import { usageAdminRoutes, usageRoutes, usageSchemas } from './usage/routes.ts'
import { usedThisMonth } from './usage/totals.ts'
import { VERSION } from './process/version.ts'
import { inbox } from './stripe/plugin.ts'
import { stripeEventRoutes, stripeEventSchemas } from './stripe/admin-routes.ts'
import { webhookRoutes, webhookSchemas } from './stripe/routes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `DEFAULT_PLAN`: of customers whom no operator has given a plan; null for none. */
    defaultPlan: string | null
    /** `DISPUTE_HOLD`: whether what Stripe takes for a dispute is held until it is decided. */
    holdsDisputes: boolean
  }
}

/** The map of the service: what every request passes, then the scopes, a line per capability. */
export async function buildApp(
  config: Config,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = Fastify({
    ...serverLimits,
    loggerInstance: logger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'request_id',
    }),
    genReqId: requestIdOf,
    childLoggerFactory: loggerOfRequest,
    schemaController,
    frameworkErrors: refuseBadUrl,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.decorateRequest('actor', null)
  app.decorateRequest('keyHolder', null)
  app.decorate('defaultPlan', config.defaultPlan)
  app.decorate('holdsDisputes', config.holdsDisputes)
  await app.register(requestIds)
  await app.register(callerAddress, config)
  await app.register(errors)
  await app.register(connectionLimits)
  await app.register(earlyAnswers)
  await app.register(knownRoutes)
  await app.register(draining)
  await app.register(deadline)
  await app.register(requestLog)
  await app.register(metrics, { version: VERSION })
  await app.register(sensible)
  await app.register(securityHeaders)
  if (config.corsOrigins.length > 0) {
    await app.register(cors, corsOptions(config.corsOrigins))
    refuseOtherPreflights(app)
  }
  await app.register(strictJson)
  await app.register(openapi, { version: VERSION })
  await app.register(database, { config: config.database })
  await app.register(outcomes)
  await app.register(jobMetrics)
  await app.register(rateLimits, { redisUrl: config.redisUrl })
  await app.register(failures)
  await app.register(apiKeys, { config: config.database, peppers: config.apiKeyPeppers })
  await app.register(keyRing, { config: config.keys })
  await app.register(revocations)
  await app.register(audit, { checkpointFolder: config.auditCheckpointDir })
  await app.register(stripe, { config: config.stripe })
  await app.register(funds)
  await app.register(inbox)
  subscriptionGauges(app.metrics, app.db)
  await app.register(usage, {
    retentionDays: config.usageRetentionDays,
    allowances: config.usageAllowances,
  })
  await app.register(erasures)
  for (const schema of [
    ...healthSchemas,
    ...apiKeySchemas,
    ...customerSchemas,
    ...planSchemas,
    JsonWebKeySet,
    ...licenseSchemas,
    ...subscriptionSchemas,
    ...paymentSchemas,
    ...fundsSchemas,
    ...usageSchemas,
    ...privacySchemas,
    ...webhookSchemas,
    ...stripeEventSchemas,
    ...findingSchemas,
    ...auditSchemas,
  ]) {
    app.addSchema(schema)
  }

  const gates = await makeGates(app, config.rateLimits)

  await app.register(async (scope) => {
    // A monitor must have its answer above all when the service is under attack.
    allowAnyone(scope, null)
    await scope.register(healthRoutes, { prefix: '/health', version: VERSION })
  })

  await app.register(async (scope) => {
    allowAnyone(scope, gates.public)
    refuseUnknownRoutes(scope)
    await scope.register(documentationRoutes)
    await scope.register(guideRoutes, { prefix: '/docs/guides' })
    await scope.register(keyRingRoutes)
    await scope.register(revocationRoutes, { prefix: '/api/licenses' })
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
      requireApiKey(scope, app.apiKeys.verifier, gates.customer)
      await scope.register(meRoutes, { prefix: '/me' })
      await scope.register(subscriptionRoutes, { prefix: '/subscriptions', returnUrls: config })
      await scope.register(usageRoutes, { prefix: '/usage', limit: gates.customer.reports })
      await scope.register(licenseRoutes, { prefix: '/licenses', usedThisMonth })
    },
    { prefix: '/api' },
  )

  await app.register(
    async (scope) => {
      requireAdminToken(scope, config.adminTokens, gates.admin)
      useDatabase(scope, 'admin')
      await scope.register(customerRoutes, { prefix: '/customers' })
      await scope.register(
        async (privacy) => {
          useDatabase(privacy, 'privacy')
          await privacy.register(customerPrivacyRoutes)
        },
        { prefix: '/customers/:customer_id' },
      )
      await scope.register(planRoutes, { prefix: '/plans' })
      await scope.register(subscriptionFindingRoutes, { prefix: '/subscriptions' })
      await scope.register(stripeEventRoutes, { prefix: '/stripe/events' })
      await scope.register(usageAdminRoutes, {
        prefix: '/usage',
        retentionDays: config.usageRetentionDays,
      })
      await scope.register(licenseAdminRoutes, { prefix: '/licenses' })
      await scope.register(auditRoutes, { prefix: '/audit' })
      await scope.register(apiKeyAdminRoutes, { prefix: '/customers/:customer_id/api-keys' })
    },
    { prefix: '/api' },
  )

  await app.register(async (scope) => {
    requireAdminToken(scope, [...config.adminTokens, ...config.metricsTokens], gates.metrics)
    await scope.register(metricsRoutes)
  })

  await app.register(async (scope) => {
    requireInternalToken(scope, config.internalTokens, gates.internal)
    useDatabase(scope, 'internal')
    await scope.register(accountRoutes, { defaultAsset: config.fundsAsset })
    await scope.register(
      async (privacy) => {
        useDatabase(privacy, 'privacy')
        await privacy.register(accountPrivacyRoutes)
      },
      { prefix: '/account/:user_id' },
    )
    await scope.register(moneyRoutes)
    await scope.register(receiptRoutes)
    await scope.register(paymentRoutes, { returnUrls: config })
    await scope.register(statsRoutes)
  })

  return app
}

function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    // A list would answer any other origin's preflight with the other allow headers.
    origin: (origin, decide) => decide(null, origins.find((known) => known === origin) ?? false),
    strictPreflight: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['content-type', 'authorization', 'x-api-key', 'idempotency-key'],
    exposedHeaders: [
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
