import { isLocalDatabase } from '../database/hosts.ts'
import { isLoopback } from '../database/loopback.ts'
import type { EnvironmentReader } from './environment.ts'
import { type Config, STORED_PREFIX } from './settings.ts'

const TOKEN_NAMES = {
  adminTokens: 'ADMIN_API_TOKEN',
  internalTokens: 'INTERNAL_SERVICE_TOKEN',
  metricsTokens: 'METRICS_TOKEN',
  apiKeyPeppers: 'API_KEY_PEPPER',
} as const

const PEPPER_BYTES_MIN = 32

/** A weak pepper protects nothing, and a pepper must not be a secret that also serves elsewhere. */
export function refuseWeakPeppers(
  read: EnvironmentReader,
  { production, apiKeyPeppers, stripe }: Config,
): void {
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
export function refuseSharedTokens(read: EnvironmentReader, config: Config): void {
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

export function refuseUnsafeProduction(read: EnvironmentReader, config: Config): void {
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
function refusePlainText(read: EnvironmentReader, config: Config): void {
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

function refuseWeakSecret(read: EnvironmentReader, name: string, secret: string): void {
  if (Buffer.byteLength(secret) < 32) read.fault(name, 'is shorter than 32 bytes')
  const looksLikeExample = /change.?me|example|your[-_]|placeholder|<[^<>]*>|x{6}|\.{3}/i.test(
    secret,
  )
  if (looksLikeExample) read.fault(name, 'is an example, not a secret')
  else if (new Set(secret).size < 8) read.fault(name, 'has fewer than 8 different characters')
}
