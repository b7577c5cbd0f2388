import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { loadEnvFile } from 'node:process'
import type { DatabaseConfig } from '../database/config.ts'
import { serverUrls } from '../database/hosts.ts'
import { LOG_LEVELS } from '../http/logging.ts'
import { type Environment, type EnvironmentReader, environmentReader } from './environment.ts'
import { auditLogConfig, eventKeysConfig, keysConfig } from './key-settings.ts'
import type { Config, Tokens } from './settings.ts'
import { refuseSharedTokens, refuseUnsafeProduction, refuseWeakPeppers } from './unsafe-settings.ts'

export type { Config, Tokens } from './settings.ts'

export const MISSING_ADMIN_TOKEN =
  'ADMIN_API_TOKEN is missing: `openssl rand -hex 32` makes one, and it may be unset once there is ' +
  'a token of an owner without expiry and addresses'

/** All faults of an environment at once, each with the variable's name and never with its value. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a problem' : `${faults.length} problems`}`,
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** The variables of this process; a file `.env` supplies those that are not set. */
export function processEnvironment(): Environment {
  if (existsSync('.env')) loadEnvFile('.env')
  return process.env
}

/**
 * The service's whole configuration, frozen. Only this file and those of its settings know the names of
 * environment variables.
 * @throws ConfigError for anything malformed and, with `NODE_ENV=production`, anything unsafe
 */
export function readConfig(env: Environment): Config {
  const { config, faults, misspelt } = inspectEnvironment(env)
  // Only the database knows whether an owner's token replaces it; the start asks there.
  const isOpen = config.production && config.adminTokens.length === 0
  if (faults.length > 0) {
    // A setting that is missing may be there under a misspelt name.
    throw new ConfigError([...faults, ...(isOpen ? [MISSING_ADMIN_TOKEN] : []), ...misspelt])
  }
  return Object.freeze(config)
}

/** A sentence for each variable that looks like a setting but has no effect, without its value. */
export function misspeltSettings(env: Environment): string[] {
  return inspectEnvironment(env).misspelt
}

export interface Inspected {
  config: Config
  faults: string[]
  /** A sentence for each variable that looks like a setting but is none. */
  misspelt: string[]
  /** The settings that are secrets themselves, each of which may come as `X_FILE`. */
  secrets: ReadonlySet<string>
  /** The settings that name key files, as far as they are set; a list of paths has commas. */
  keyPaths: ReadonlySet<string>
}

/** The configuration as far as it can be read, and its faults: for commands that report faults. */
export function inspectEnvironment(env: Environment): Inspected {
  const read = environmentReader(env)
  const production =
    (read.oneOf('NODE_ENV', ['development', 'production', 'test']) ?? 'development') ===
    'production'

  const tokens = (name: string): Tokens => {
    const current = read.secret(name)
    const previous = read.secret(`${name}_PREVIOUS`)
    // Removing a token closes its scope; the previous token alone must not keep it open.
    if (current === undefined && previous !== undefined) read.fault(name, 'is missing')
    return [current, previous].filter((token) => token !== undefined)
  }

  const config: Config = {
    production,
    host: read.text('HOST') ?? '127.0.0.1',
    port: read.integer('PORT', 0, 65_535) ?? 3100,
    processes: processCount(read),
    database: databaseConfig(read, production),
    migrationUrl: databaseUrl(read, 'MIGRATION_DATABASE_URL'),
    dataDir: read.text('DATA_DIR') ?? '.data',
    adminTokens: tokens('ADMIN_API_TOKEN'),
    internalTokens: tokens('INTERNAL_SERVICE_TOKEN'),
    metricsTokens: tokens('METRICS_TOKEN'),
    apiKeyPeppers: tokens('API_KEY_PEPPER'),
    stripe: stripeConfig(read, tokens('STRIPE_WEBHOOK_SECRET')),
    keys: keysConfig(read, production),
    eventKeys: eventKeysConfig(read, production),
    webhookAllowPrivate:
      (read.oneOf('WEBHOOK_ALLOW_PRIVATE', ['true', 'false']) ?? 'false') === 'true',
    corsOrigins: read.origins('CORS_ORIGINS'),
    checkoutOrigins: read.origins('CHECKOUT_ORIGINS'),
    trustProxy: read.addresses('TRUST_PROXY'),
    redisUrl: read.secret('REDIS_URL'),
    redisAllowPlain: (read.oneOf('REDIS_ALLOW_PLAIN', ['true', 'false']) ?? 'false') === 'true',
    rateLimits: {
      api: read.rateLimit('RATE_LIMIT_API', '100/15m', production ? 1 : 100),
      usage: read.rateLimit('RATE_LIMIT_USAGE', '60/1h', production ? 1 : 100),
      webhooks: read.rateLimit('RATE_LIMIT_WEBHOOKS', '100/1m', production ? 1 : 100),
      admin: read.rateLimit('RATE_LIMIT_ADMIN', '10/1h', production ? 1 : 100),
      internal: read.rateLimit('RATE_LIMIT_INTERNAL', 'off', 1),
      tokens: read.rateLimit('RATE_LIMIT_TOKENS', '6000/1h', production ? 1 : 100),
    },
    usageRetentionDays: read.integer('USAGE_RETENTION_DAYS', 1, 36_500) ?? 90,
    usageAllowances: {
      namesMax: read.integer('USAGE_METRICS_MAX', 1, 1_000_000) ?? 1_000,
      valuesMax: read.integer('USAGE_VALUES_MAX', 1, 1_000_000_000) ?? 200_000,
    },
    auditCheckpointDir: read.text('AUDIT_CHECKPOINT_DIR'),
    auditLog: auditLogConfig(read, production),
    fundsAsset: read.text('FUNDS_ASSET') ?? 'USD/2',
    defaultPlan: read.text('DEFAULT_PLAN') ?? null,
    holdsDisputes: (read.oneOf('DISPUTE_HOLD', ['true', 'false']) ?? 'true') === 'true',
    migrateOnStart:
      (read.oneOf('MIGRATE_ON_START', ['true', 'false']) ?? `${!production}`) === 'true',
    runJobs: (read.oneOf('RUN_JOBS', ['true', 'false']) ?? 'true') === 'true',
    drainDelayMs: (read.integer('DRAIN_DELAY_S', 0, 60) ?? 0) * 1_000,
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS) ?? 'info',
    hasConsole: (read.oneOf('CONSOLE', ['true', 'false']) ?? 'true') === 'true',
    publicUrl: publicUrlOf(read),
  }

  if (!/^[A-Z][A-Z0-9]{0,15}\/(\d|1[0-8])$/.test(config.fundsAsset)) {
    read.fault('FUNDS_ASSET', 'must be a currency and its decimals, such as USD/2')
  }
  if (config.defaultPlan !== null && !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(config.defaultPlan)) {
    read.fault('DEFAULT_PLAN', 'must be the id of a plan, such as free')
  }
  refuseSharedTokens(read, config)
  refuseWeakPeppers(read, config)
  if (production) refuseUnsafeProduction(read, config)
  const { faults, secrets, keyPaths } = read
  return { config, faults, misspelt: read.misspelt(), secrets, keyPaths }
}

/** Each process opens its own connections, and a database has room for a few hundred. */
const PROCESSES_MAX = 64

function processCount(read: EnvironmentReader): number {
  const text = read.text('PROCESSES')
  if (text === undefined) return 1
  if (text === 'auto') return Math.min(availableParallelism(), PROCESSES_MAX)
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= PROCESSES_MAX) return count
  read.fault('PROCESSES', `must be auto, or an integer from 1 to ${PROCESSES_MAX}`)
  return 1
}

function databaseConfig(read: EnvironmentReader, production: boolean): DatabaseConfig {
  const url = databaseUrl(read, 'DATABASE_URL')
  // A URL that asks for TLS gets it verified, and never falls back to plain text silently.
  const asksForTls = /[?&](sslmode=(?!disable)|ssl=(?!0|false|disable))/.test(url ?? '')
  const caPath = read.text('DATABASE_CA_FILE')
  return {
    url,
    ssl:
      read.oneOf('DATABASE_SSL', ['verify-full', 'disable']) ??
      (production || asksForTls ? 'verify-full' : 'disable'),
    ca: caPath === undefined ? undefined : read.contents('DATABASE_CA_FILE', caPath),
  }
}

function databaseUrl(read: EnvironmentReader, name: string): string | undefined {
  const url = read.secret(name)
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url)) {
    read.fault(name, 'must start with postgres:// or postgresql://')
  } else if (url !== undefined && !serverUrls(url).every((server) => URL.canParse(server))) {
    read.fault(name, 'must be a URL: encode what is special in its user and password')
  }
  return url
}

/** With a path, if a proxy serves the service below one. */
function publicUrlOf(read: EnvironmentReader): string | undefined {
  const text = read.text('PUBLIC_URL')
  if (text === undefined) return undefined
  const isUrl = /^https?:\/\/[^\s?#@\\]+$/.test(text) && URL.canParse(text)
  if (!isUrl) read.fault('PUBLIC_URL', 'must be a URL such as https://billing.example.com')
  return isUrl ? text.replace(/(?<!\/)\/+$/, '') : undefined
}

function stripeConfig(read: EnvironmentReader, webhookSecrets: Tokens): Config['stripe'] {
  const secretKey = read.secret('STRIPE_SECRET_KEY')
  const apiBase = read.text('STRIPE_API_BASE')
  if (apiBase !== undefined && !URL.canParse(apiBase)) {
    read.fault('STRIPE_API_BASE', 'must be a URL')
  }
  if ((secretKey === undefined) !== (webhookSecrets.length === 0)) {
    read.fault(
      secretKey === undefined ? 'STRIPE_SECRET_KEY' : 'STRIPE_WEBHOOK_SECRET',
      'is missing: the two Stripe secrets come together or not at all',
    )
  }
  return secretKey === undefined ? null : { secretKey, webhookSecrets, apiBase }
}
