import { powersOf } from '../database/powers.ts'
import { misspeltSettings } from '../process/config.ts'
import { type Facts, type Group, type Line, failure, hasFault, pass, warning } from './check.ts'
import { adminTokens } from './tokens.ts'

const NEW_TOKEN = '`openssl rand -hex 32` makes a good one'

const ADVICE: Record<string, string> = {
  ADMIN_API_TOKEN: NEW_TOKEN,
  INTERNAL_SERVICE_TOKEN: NEW_TOKEN,
  METRICS_TOKEN: NEW_TOKEN,
  API_KEY_PEPPER: NEW_TOKEN,
  DATABASE_URL: 'name a PostgreSQL of your own, from 15 on',
  MIGRATION_DATABASE_URL: 'name the owner of the database of DATABASE_URL',
  DATABASE_SSL: 'set it to verify-full, with DATABASE_CA_FILE for a private authority',
  LICENSE_PRIVATE_KEY_PATH: '`openssl genrsa -out license-key.pem 3072`, then `chmod 600` on it',
  AUDIT_LOG_KEY_PATH:
    '`openssl genpkey -algorithm ed25519 -out audit-log-key.pem`, `chmod 600` on it',
  AUDIT_LOG_ORIGIN:
    'name the log, such as billing.example.com; the name can not change after the first checkpoint',
  AUDIT_WITNESSES_FILE: 'name a file with a policy (C2SP tlog-policy)',
  LICENSE_PREVIOUS_KEY_PATHS: 'correct the list, or take out keys whose licences have expired',
  EVENTS_KEY_PATH:
    '`openssl genpkey -algorithm ed25519 -out events-key.pem`, then `chmod 600` on it',
  EVENTS_PREVIOUS_KEY_PATHS: 'correct the list, or take out keys that receivers no longer use',
  STRIPE_API_BASE: 'unset it: the calls go to Stripe itself then',
  PUBLIC_URL: 'name the https address of the console, or set CONSOLE=false',
  CORS_ORIGINS: 'list https origins alone, each as https://app.example.com',
  TRUST_PROXY: 'name the proxies alone, such as 127.0.0.1',
  REDIS_URL: 'use rediss://, or set REDIS_ALLOW_PLAIN=true where the network is yours alone',
  STRIPE_SECRET_KEY: 'copy it from the dashboard of Stripe: Developers, API keys',
  STRIPE_WEBHOOK_SECRET: 'copy it from the dashboard of Stripe: Developers, Webhooks',
}

/**
 * The settings as a production start checks them, all at once, and others that it accepts but that
 * deserve attention.
 */
export const settings: Group = {
  title: 'Settings',
  examine: async (facts) => [
    environment(facts),
    ...facts.faults.map((fault) => {
      const [name = '', ...rest] = fault.split(' ')
      return failure(name, rest.join(' '), ADVICE[name] ?? '.env.example says what it may be')
    }),
    ...misspelt(facts),
    ...(await migrationRole(facts)),
    ...(await adminTokens(facts)),
    ...soundTokens(facts),
    ...metricsToken(facts),
    ...signingKey(facts),
    ...logKey(facts),
    ...rotations(facts),
    ...logLevel(facts),
    ...privateReceivers(facts),
  ],
}

function environment({ environment: env }: Facts): Line {
  const name = env['NODE_ENV']?.trim()
  if (name === 'production') return pass('NODE_ENV', 'production')
  return failure(
    'NODE_ENV',
    `is ${name === 'test' ? 'test' : 'development'}: secrets are made up, limits are wide, starts migrate`,
    'set NODE_ENV=production; the rest is judged as if it were',
  )
}

function misspelt({ environment: variables }: Facts): Line[] {
  return misspeltSettings(variables).map((sentence) => {
    const [said = '', advice = ''] = sentence.split(': ')
    const [name = '', ...reason] = said.split(' ')
    return warning(name, reason.join(' '), advice)
  })
}

/** The service does not need it: where its role can not alter the tables, another does. */
async function migrationRole(facts: Facts): Promise<Line[]> {
  const { config, sql } = facts
  const name = 'MIGRATION_DATABASE_URL'
  if (hasFault(facts, name)) return []
  if (config.migrationUrl !== undefined) return [pass(name, 'migrates, as the owner of the tables')]
  const isBound = sql !== null && (await powersOf(sql)).altering.length === 0
  if (isBound) return [pass(name, 'is not set here, and DATABASE_URL can not migrate')]
  return [
    failure(
      name,
      'is not set: DATABASE_URL migrates, so the service can alter and drop its tables',
      'name the owner of the tables: deploy/README.md, "From one role to two"',
    ),
  ]
}

function soundTokens(facts: Facts): Line[] {
  return ['INTERNAL_SERVICE_TOKEN', 'API_KEY_PEPPER']
    .filter((name) => !hasFault(facts, name))
    .map((name) => pass(name, 'long enough, no example, and like no other secret'))
}

function metricsToken(facts: Facts): Line[] {
  if (hasFault(facts, 'METRICS_TOKEN')) return []
  if (facts.config.metricsTokens.length > 0) return [pass('METRICS_TOKEN', 'opens /metrics alone')]
  const advice = `${NEW_TOKEN}; give it to Prometheus`
  return [warning('METRICS_TOKEN', 'is not set: Prometheus would need the admin token', advice)]
}

function signingKey(facts: Facts): Line[] {
  const bits = facts.config.keys.signing?.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || hasFault(facts, 'LICENSE_PRIVATE_KEY_PATH')) return []
  return [pass('LICENSE_PRIVATE_KEY_PATH', `an RSA key of ${bits} bits, closed to others`)]
}

function logKey(facts: Facts): Line[] {
  const name = 'AUDIT_LOG_KEY_PATH'
  if (facts.config.auditLog.key === undefined || hasFault(facts, name)) return []
  return [pass(name, 'an Ed25519 key, closed to others')]
}

function privateReceivers({ config }: Facts): Line[] {
  if (!config.webhookAllowPrivate) return []
  const reason = 'is true: whoever can add an endpoint can make this server call private addresses'
  return [warning('WEBHOOK_ALLOW_PRIVATE', reason, 'unset it, unless your receivers are there')]
}

function rotations({ environment: env, config }: Facts): Line[] {
  const previous = Object.keys(env).filter(
    (name) => /_PREVIOUS(_FILE)?$/.test(name) && Boolean(env[name]?.trim()),
  )
  const lines = previous.map((name) =>
    warning(
      name,
      'is still accepted: a rotation is under way',
      'remove it when every caller has the new value',
    ),
  )
  const keys = config.keys.previous.length
  if (keys > 0)
    lines.push(pass('LICENSE_PREVIOUS_KEY_PATHS', `${keys} more verify and do not sign`))
  return lines
}

function logLevel({ config: { logLevel: level } }: Facts): Line[] {
  if (level === 'info') return [pass('LOG_LEVEL', 'a line for each request')]
  const isQuiet = ['silent', 'fatal', 'error', 'warn'].includes(level)
  const reason = isQuiet ? 'requests leave no line in the log' : 'more than production needs'
  return [warning('LOG_LEVEL', `is ${level}: ${reason}`, 'set it to info')]
}
