import type { KeyObject } from 'node:crypto'
import type { DatabaseConfig } from '../database/config.ts'
import type { LogLevel } from '../http/logging.ts'
import type { RateLimit } from '../http/rate-limits/index.ts'
import type { KeyRingConfig } from '../keys/index.ts'
import type { EventKeysConfig } from '../keys/event-keys.ts'

/** The prefix of tokens stored in the database. No token from the environment starts with it. */
export const STORED_PREFIX = 'srt_'

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
