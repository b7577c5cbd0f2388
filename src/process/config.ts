import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { loadEnvFile } from 'node:process'
import { type Environment, environmentReader } from './environment.ts'
import { isLoopback } from '../database/loopback.ts'
import type { DatabaseConfig } from '../database/config.ts'
import { isLocalDatabase, serverUrls } from '../database/hosts.ts'
import type { RateLimit } from '../http/rate-limits/index.ts'
import { LOG_LEVELS, type LogLevel } from '../http/logging.ts'
import type { KeyRingConfig } from '../keys/index.ts'
import type { EventKeysConfig } from '../keys/event-keys.ts'
import { KeyFault, readEd25519Key, readPrivateKey, readPublicKey } from '../keys/pem.ts'

/** A secret in use and, during a rotation, the one before it. If empty, the scope is closed. */
export type Tokens = readonly string[]

export interface Config {
  production: boolean
  host: string
  port: number
  /** How many processes answer requests. Above 1, there is one more: their primary. */
  processes: number
  database: DatabaseConfig
  /** Of the role that owns the tables; undefined: that of `database` migrates. */
  migrationUrl: string | undefined
  dataDir: string
  adminTokens: Tokens
  internalTokens: Tokens
  metricsTokens: Tokens
  /** Secrets for the digests of API keys. If empty, keys are found by their slow hash. */
  apiKeyPeppers: Tokens
  stripe: { secretKey: string; webhookSecrets: Tokens; apiBase: string | undefined } | null
  keys: KeyRingConfig
  /** The keys that sign webhook events. */
  eventKeys: EventKeysConfig
  /** Whether events may be sent to private addresses. */
  webhookAllowPrivate: boolean
  corsOrigins: readonly string[]
  checkoutOrigins: readonly string[]
  trustProxy: readonly string[]
  redisUrl: string | undefined
  /** Whether Redis may be reached in plain text in production too, as in a private network. */
  redisAllowPlain: boolean
  rateLimits: Record<
    'api' | 'usage' | 'webhooks' | 'admin' | 'internal' | 'tokens',
    RateLimit | null
  >
  usageRetentionDays: number
  /** What a customer may store: how many distinct metric names ever, and how many values an hour. */
  usageAllowances: { namesMax: number; valuesMax: number }
  /** A folder for the audit log's checkpoints; undefined for none. */
  auditCheckpointDir: string | undefined
  /** The published audit log. */
  auditLog: {
    /**
     * The key that signs its checkpoints and nothing else. Without it, the log is not published.
     */
    key: KeyObject | undefined
    /** The configured name of the log. Without it, the name of the first signature or a default. */
    origin: string | undefined
    /** The host in PUBLIC_URL; undefined if that is not set. */
    host: string | undefined
    /** The policy (C2SP tlog-policy) with witnesses and their quorum; undefined for none. */
    policy: string | undefined
  }
  fundsAsset: string
  /** The plan of customers without a plan from an operator; null for none. */
  defaultPlan: string | null
  /** Whether an amount that Stripe withdraws for a dispute is held until the dispute is decided. */
  holdsDisputes: boolean
  migrateOnStart: boolean
  /** Whether the server also runs the background jobs, or leaves them to `worker.ts`. */
  runJobs: boolean
  /** How long a server that is told to stop still answers before it stops. */
  drainDelayMs: number
  /** Whether operators have a console at `/console`. */
  hasConsole: boolean
  /** Where browsers reach the service, without a slash at the end; undefined: where it listens. */
  publicUrl: string | undefined
  logLevel: LogLevel
}

/** The prefix of tokens stored in the database. No token from the environment starts with it. */
export const STORED_PREFIX = 'srt_'

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
 * The service's whole configuration, frozen. Only this file knows the names of environment variables.
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

type Reader = ReturnType<typeof environmentReader>

/** Each process opens its own connections, and a database has room for a few hundred. */
const PROCESSES_MAX = 64

function processCount(read: Reader): number {
  const text = read.text('PROCESSES')
  if (text === undefined) return 1
  if (text === 'auto') return Math.min(availableParallelism(), PROCESSES_MAX)
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= PROCESSES_MAX) return count
  read.fault('PROCESSES', `must be auto, or an integer from 1 to ${PROCESSES_MAX}`)
  return 1
}

function databaseConfig(read: Reader, production: boolean): DatabaseConfig {
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

function databaseUrl(read: Reader, name: string): string | undefined {
  const url = read.secret(name)
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url)) {
    read.fault(name, 'must start with postgres:// or postgresql://')
  } else if (url !== undefined && !serverUrls(url).every((server) => URL.canParse(server))) {
    read.fault(name, 'must be a URL: encode what is special in its user and password')
  }
  return url
}

/** With a path, if a proxy serves the service below one. */
function publicUrlOf(read: Reader): string | undefined {
  const text = read.text('PUBLIC_URL')
  if (text === undefined) return undefined
  const isUrl = /^https?:\/\/[^\s?#@\\]+$/.test(text) && URL.canParse(text)
  if (!isUrl) read.fault('PUBLIC_URL', 'must be a URL such as https://billing.example.com')
  return isUrl ? text.replace(/(?<!\/)\/+$/, '') : undefined
}

function stripeConfig(read: Reader, webhookSecrets: Tokens): Config['stripe'] {
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

function keyIn(
  read: Reader,
  name: string,
  parse: typeof readPrivateKey,
  path: string,
  isStrict: boolean,
): KeyObject | undefined {
  read.keyPaths.add(name)
  try {
    return parse(path, { isStrict })
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    read.fault(name, error.message)
    return undefined
  }
}

function keysConfig(read: Reader, production: boolean): Config['keys'] {
  const key = (name: string, parse: typeof readPrivateKey, path: string) =>
    keyIn(read, name, parse, path, production)
  const path = read.text('LICENSE_PRIVATE_KEY_PATH')
  if (path === undefined && production) {
    const make = '`openssl genrsa -out license-key.pem 3072` makes a key'
    read.fault('LICENSE_PRIVATE_KEY_PATH', `is missing: ${make}`)
  }
  return {
    signing: path === undefined ? undefined : key('LICENSE_PRIVATE_KEY_PATH', readPrivateKey, path),
    previous: read
      .list('LICENSE_PREVIOUS_KEY_PATHS')
      .map((each) => key('LICENSE_PREVIOUS_KEY_PATHS', readPublicKey, each))
      .filter((each) => each !== undefined),
  }
}

/** The keys are optional, but without them no endpoint can be made. */
function eventKeysConfig(read: Reader, production: boolean): EventKeysConfig {
  const key = (name: string, path: string) => keyIn(read, name, readEd25519Key, path, production)
  const path = read.text('EVENTS_KEY_PATH')
  const previous = read.list('EVENTS_PREVIOUS_KEY_PATHS')
  if (path === undefined && previous.length > 0) read.fault('EVENTS_KEY_PATH', 'is missing')
  return {
    signing: path === undefined ? undefined : key('EVENTS_KEY_PATH', path),
    previous: previous
      .map((each) => key('EVENTS_PREVIOUS_KEY_PATHS', each))
      .filter((each) => each !== undefined),
  }
}

function auditLogConfig(read: Reader, production: boolean): Config['auditLog'] {
  const name = 'AUDIT_LOG_KEY_PATH'
  const path = read.text(name)
  if (path === undefined && production) {
    const make = '`openssl genpkey -algorithm ed25519 -out audit-log-key.pem` makes a key'
    read.fault(name, `is missing: ${make}`)
  }
  const origin = read.text('AUDIT_LOG_ORIGIN')
  if (origin !== undefined && !/^[^\s+]{1,128}$/u.test(origin)) {
    read.fault('AUDIT_LOG_ORIGIN', 'must be 1 to 128 characters without white space or +')
  }
  const reachedAt = read.text('PUBLIC_URL')
  const policyPath = read.text('AUDIT_WITNESSES_FILE')
  return {
    key: path === undefined ? undefined : keyIn(read, name, readEd25519Key, path, production),
    origin,
    host: URL.canParse(reachedAt ?? '') ? new URL(reachedAt ?? '').hostname : undefined,
    policy:
      policyPath === undefined ? undefined : read.contents('AUDIT_WITNESSES_FILE', policyPath),
  }
}

const TOKEN_NAMES = {
  adminTokens: 'ADMIN_API_TOKEN',
  internalTokens: 'INTERNAL_SERVICE_TOKEN',
  metricsTokens: 'METRICS_TOKEN',
  apiKeyPeppers: 'API_KEY_PEPPER',
} as const

const PEPPER_BYTES_MIN = 32

/** A weak pepper protects nothing, and a pepper must not be a secret that also serves elsewhere. */
function refuseWeakPeppers(read: Reader, { production, apiKeyPeppers, stripe }: Config): void {
  for (const pepper of apiKeyPeppers) {
    // In production the check of all secrets reports this.
    if (!production && Buffer.byteLength(pepper) < PEPPER_BYTES_MIN) {
      read.fault('API_KEY_PEPPER', `is shorter than ${PEPPER_BYTES_MIN} bytes`)
    }
    if (stripe !== null && [stripe.secretKey, ...stripe.webhookSecrets].includes(pepper)) {
      read.fault('API_KEY_PEPPER', 'must differ from the secrets of Stripe')
    }
  }
}

/** A token that opens two scopes would undo their separation. */
function refuseSharedTokens(read: Reader, config: Config): void {
  const seen = new Map<string, string>()
  for (const [field, name] of Object.entries(TOKEN_NAMES)) {
    for (const token of new Set(config[field as keyof typeof TOKEN_NAMES])) {
      if (!/^[\x21-\x7e]+$/.test(token)) read.fault(name, 'must be visible ASCII without spaces')
      if (token.startsWith(STORED_PREFIX))
        read.fault(name, 'has the form of a token of the database')
      const other = seen.get(token)
      if (other !== undefined) read.fault(name, `must differ from ${other}`)
      seen.set(token, name)
    }
  }
}

function refuseUnsafeProduction(read: Reader, config: Config): void {
  for (const [field, name] of Object.entries(TOKEN_NAMES)) {
    const tokens = config[field as keyof typeof TOKEN_NAMES]
    if (tokens.length === 0 && name !== 'METRICS_TOKEN' && name !== 'ADMIN_API_TOKEN') {
      read.fault(name, 'is missing: `openssl rand -hex 32` makes one')
    }
    tokens.forEach((token) => refuseWeakSecret(read, name, token))
  }
  config.stripe?.webhookSecrets.forEach((secret) => {
    refuseWeakSecret(read, 'STRIPE_WEBHOOK_SECRET', secret)
  })
  if (config.stripe !== null) refuseWeakSecret(read, 'STRIPE_SECRET_KEY', config.stripe.secretKey)

  if (config.database.url === undefined) {
    read.fault(
      'DATABASE_URL',
      'is missing, and the embedded database is for development only: name a PostgreSQL server',
    )
  } else if (
    config.database.ssl !== 'verify-full' &&
    [config.database.url, config.migrationUrl ?? config.database.url].some(
      (url) => !isLocalDatabase(url),
    )
  ) {
    read.fault('DATABASE_SSL', 'must be verify-full for a database on another machine')
  }
  if (config.hasConsole && read.text('PUBLIC_URL') === undefined) {
    read.fault(
      'PUBLIC_URL',
      'is missing: where browsers reach the console, such as https://billing.example.com; ' +
        'without a console (CONSOLE=false) it may be missing',
    )
  }
  refusePlainText(read, config)
}

/** Traffic to other machines must be encrypted. */
function refusePlainText(read: Reader, config: Config): void {
  const isPlain = (url: string) => {
    // The URL check has already refused this.
    if (!URL.canParse(url)) return false
    const { protocol, hostname } = new URL(url)
    return protocol !== 'https:' && !isLoopback(hostname)
  }
  if (isPlain(read.text('STRIPE_API_BASE') ?? '')) {
    read.fault('STRIPE_API_BASE', 'must be an https:// URL, unless it is on this machine')
  }
  if (config.publicUrl !== undefined && isPlain(config.publicUrl)) {
    read.fault('PUBLIC_URL', 'must be an https:// URL, unless it is on this machine')
  }
  if (config.corsOrigins.some(isPlain)) {
    read.fault('CORS_ORIGINS', 'must be https:// origins, unless they are on this machine')
  }
  if (config.redisUrl !== undefined && !config.redisAllowPlain && isPlainRedis(config.redisUrl)) {
    read.fault(
      'REDIS_URL',
      'must be a rediss:// URL; in a private network REDIS_ALLOW_PLAIN=true permits redis://',
    )
  }
}

/** Whether counts and the password travel to another machine in plain text. */
export function isPlainRedis(url: string): boolean {
  const isSocket = /^\/(?!\/)/.test(url)
  if (isSocket || url.startsWith('rediss://')) return false
  return !(URL.canParse(url) && isLoopback(new URL(url).hostname))
}

function refuseWeakSecret(read: Reader, name: string, secret: string): void {
  if (Buffer.byteLength(secret) < 32) read.fault(name, 'is shorter than 32 bytes')
  const looksLikeExample = /change.?me|example|your[-_]|placeholder|<[^<>]*>|x{6}|\.{3}/i.test(
    secret,
  )
  if (looksLikeExample) read.fault(name, 'is an example, not a secret')
  else if (new Set(secret).size < 8) read.fault(name, 'has fewer than 8 different characters')
}
