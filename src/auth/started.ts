import type { FastifyInstance } from 'fastify'
import { tokenId } from './tokens.ts'
import type { Config } from '../process/config.ts'
import { VERSION } from '../package/version.ts'
import { migrationEntries } from '../audit/migrated.ts'
import { recordAudit } from '../audit/record.ts'

/**
 * Records that a process has started, and what it was set to, after the migrations that it applied. What is no secret is named; secrets
 * are named by their ids, so that it can be seen later which were in use.
 */
export async function recordStart(
  app: FastifyInstance,
  config: Config,
  program: 'server' | 'worker',
  migrated: number,
): Promise<void> {
  const ids = (tokens: readonly string[]) => tokens.map(tokenId)
  const metadata = {
    program,
    version: VERSION,
    node: process.version,
    production: config.production,
    database_ssl: config.database.ssl,
    admin_tokens: ids(config.adminTokens),
    internal_tokens: ids(config.internalTokens),
    metrics_tokens: ids(config.metricsTokens),
    keys: app.keys.jwks.keys.map(({ kid }) => kid),
    signing_key: app.keys.signingKeyId,
    stripe: config.stripe !== null,
    redis: config.redisUrl !== undefined,
    cors_origins: config.corsOrigins,
    checkout_origins: config.checkoutOrigins,
    trust_proxy: config.trustProxy,
    console: config.hasConsole,
    public_url: config.publicUrl ?? null,
    rate_limits: config.rateLimits,
    usage_retention_days: config.usageRetentionDays,
    usage_metrics_max: config.usageAllowances.namesMax,
    usage_values_max: config.usageAllowances.valuesMax,
    funds_asset: config.fundsAsset,
    checkpoint_files: config.auditCheckpointDir !== undefined,
  }
  const actor = { id: 'system', ip: null }
  await app.db.transaction((tx) =>
    recordAudit(tx, actor, ...migrationEntries(migrated), {
      event: 'service.started',
      subject: 'service',
      metadata,
    }),
  )
}
