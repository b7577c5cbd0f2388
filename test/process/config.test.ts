import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError, misspeltSettings, readConfig } from '../../src/process/config.ts'
import type { Environment } from '../../src/process/environment.ts'

function folder(t: TestContext): (name: string, content: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'strongroom-config-'))
  t.after(() => rmSync(path, { recursive: true }))
  return (name, content) => {
    writeFileSync(join(path, name), content)
    return join(path, name)
  }
}

function faultsOf(env: Environment): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults
  }
}

/** The faults are these, each about that variable, and none shows a value. */
function assertFaults(env: Environment, ...expected: RegExp[]): void {
  const faults = faultsOf(env)
  assert.equal(faults.length, expected.length, faults.join('\n'))
  faults.forEach((fault, index) => assert.match(fault, expected[index] ?? /never/))
  assert.ok(!faults.join().includes('canary'))
}

const TOKENS = {
  ADMIN_API_TOKEN: '5f0c6d1b9a7e4f3281d6c5b4a3928170',
  INTERNAL_SERVICE_TOKEN: 'c1b2a3948576e6f7d8c9bab1a2938475',
  API_KEY_PEPPER: '0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b',
}

test('an empty environment is a development with the documented defaults, and frozen', () => {
  const config = readConfig({})
  assert.deepEqual(config, {
    production: false,
    host: '127.0.0.1',
    port: 3100,
    processes: 1,
    database: { url: undefined, ssl: 'disable', ca: undefined },
    migrationUrl: undefined,
    dataDir: '.data',
    adminTokens: [],
    internalTokens: [],
    metricsTokens: [],
    apiKeyPeppers: [],
    stripe: null,
    keys: { signing: undefined, previous: [] },
    eventKeys: { signing: undefined, previous: [] },
    webhookAllowPrivate: false,
    corsOrigins: [],
    checkoutOrigins: [],
    trustProxy: [],
    redisUrl: undefined,
    redisAllowPlain: false,
    rateLimits: {
      api: { max: 10_000, windowMs: 900_000 },
      usage: { max: 6_000, windowMs: 3_600_000 },
      webhooks: { max: 10_000, windowMs: 60_000 },
      admin: { max: 1_000, windowMs: 3_600_000 },
      internal: null,
      tokens: { max: 600_000, windowMs: 3_600_000 },
    },
    runJobs: true,
    usageRetentionDays: 90,
    usageAllowances: { namesMax: 1_000, valuesMax: 200_000 },
    auditCheckpointDir: undefined,
    auditLog: { key: undefined, origin: undefined, host: undefined, policy: undefined },
    defaultPlan: null,
    holdsDisputes: true,
    fundsAsset: 'USD/2',
    migrateOnStart: true,
    drainDelayMs: 0,
    logLevel: 'info',
    hasConsole: true,
    publicUrl: undefined,
  })
  assert.ok(Object.isFrozen(config))
})

test('a database URL may name a primary and its standbys, each of which is judged', () => {
  const url = (hosts: string) => ({
    NODE_ENV: 'production',
    ...TOKENS,
    PUBLIC_URL: 'https://billing.example.com',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    DATABASE_URL: `postgres://app:pw@${hosts}/money`,
  })
  const local = { DATABASE_SSL: 'disable' }
  const config = readConfig({ ...url('127.0.0.1:5432,localhost:5433'), ...local })
  assert.equal(config.database.ssl, 'disable')
  assertFaults({ ...url('127.0.0.1:5432,db2.example.com'), ...local }, /^DATABASE_SSL must be/)
  assertFaults(url('db1.example.com:5432,db2:canary'), /^DATABASE_URL must be a URL/)
})

test('the URL of the owner is a secret beside that of the service, and judged as that is', (t) => {
  const write = folder(t)
  const service = { DATABASE_URL: 'postgres://strongroom:pw@127.0.0.1/money' }
  const owner = 'postgres://owner:pw@127.0.0.1/money'
  assert.equal(readConfig({ ...service, MIGRATION_DATABASE_URL: owner }).migrationUrl, owner)
  const file = { MIGRATION_DATABASE_URL_FILE: write('owner', `${owner}\n`) }
  assert.equal(readConfig({ ...service, ...file }).migrationUrl, owner)

  const beside = (url: string) => ({ ...service, MIGRATION_DATABASE_URL: url })
  assertFaults(beside('mysql://canary@127.0.0.1/money'), /^MIGRATION_DATABASE_URL must start with/)
  assertFaults(beside('postgres://o:ca/nary@host:x/money'), /^MIGRATION_DATABASE_URL must be a URL/)
  const production = {
    NODE_ENV: 'production',
    ...TOKENS,
    PUBLIC_URL: 'https://billing.example.com',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    DATABASE_SSL: 'disable',
  }
  const away = beside('postgres://owner:pw@db.example.com/money')
  assertFaults({ ...production, ...away }, /^DATABASE_SSL must be/)
})

test('every value is read, without the space around it', () => {
  const config = readConfig({
    ...TOKENS,
    ADMIN_API_TOKEN_PREVIOUS: ' before-the-rotation ',
    HOST: ' 0.0.0.0 ',
    PORT: '8080',
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    STRIPE_WEBHOOK_SECRET_PREVIOUS: 'whsec_0',
    STRIPE_API_BASE: 'http://127.0.0.1:12111',
    CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
    TRUST_PROXY: '10.0.0.0/8,::1, 192.0.2.7',
    RATE_LIMIT_API: '5/s',
    RATE_LIMIT_ADMIN: 'off',
    RATE_LIMIT_INTERNAL: '1000/10s',
    FUNDS_ASSET: 'EUR/6',
    MIGRATE_ON_START: 'false',
    LOG_LEVEL: 'silent',
  })
  assert.deepEqual(config.adminTokens, [TOKENS.ADMIN_API_TOKEN, 'before-the-rotation'])
  assert.deepEqual(config.internalTokens, [TOKENS.INTERNAL_SERVICE_TOKEN])
  assert.deepEqual([config.host, config.port], ['0.0.0.0', 8_080])
  assert.deepEqual(config.stripe, {
    secretKey: 'sk_test_1',
    webhookSecrets: ['whsec_1', 'whsec_0'],
    apiBase: 'http://127.0.0.1:12111',
  })
  assert.deepEqual(config.corsOrigins, ['https://app.example.com', 'http://localhost:5173'])
  assert.deepEqual(config.trustProxy, ['10.0.0.0/8', '::1', '192.0.2.7'])
  // A limit that is given is taken as it is, also in development.
  assert.deepEqual(config.rateLimits.api, { max: 5, windowMs: 1_000 })
  assert.equal(config.rateLimits.admin, null)
  assert.deepEqual(config.rateLimits.internal, { max: 1_000, windowMs: 10_000 })
  assert.deepEqual(
    [config.fundsAsset, config.migrateOnStart, config.logLevel],
    ['EUR/6', false, 'silent'],
  )
})

test('a malformed value is a fault that names its variable and not its value', () => {
  const cases: Record<string, string[]> = {
    NODE_ENV: ['canary', 'Production', 'prod'],
    PORT: ['canary', '-1', '65536', '80.5', '0x50', '1e3', '８０'],
    DATABASE_URL: ['mysql://canary', 'canary', 'file:canary'],
    DATABASE_SSL: ['canary', 'require', 'true'],
    STRIPE_API_BASE: ['canary', '//canary'],
    CORS_ORIGINS: [
      '*',
      'canary',
      'null',
      'https://a.example/',
      'https://canary@a.example',
      'https://A.example',
      'https://a.example,b',
      'javascript:1',
    ],
    CHECKOUT_ORIGINS: [
      'a.example',
      'https://a.example/path',
      'https://a.example:443',
      'ftp://a.example',
    ],
    TRUST_PROXY: [
      'true',
      'canary',
      'loopback',
      '10.0.0.0/33',
      '10.0.0.0/',
      '::1/129',
      '1.2.3',
      '1.2.3.4/8/8',
      'fe80::1%eth0',
      '0x7f.1',
    ],
    RATE_LIMIT_API: [
      'canary',
      '100',
      '0/1m',
      '100/0m',
      '100/1d',
      '-1/1m',
      '1.5/1m',
      'OFF',
      '100 / 15m',
    ],
    USAGE_RETENTION_DAYS: ['0', '-1', '36501', 'canary'],
    USAGE_METRICS_MAX: ['0', '-1', '1000001', '1e3', 'off', 'canary'],
    USAGE_VALUES_MAX: ['0', '-1', '1000000001', '1e3', 'off', 'canary'],
    FUNDS_ASSET: ['usd/2', 'USD', 'USD/19', 'canary'],
    DEFAULT_PLAN: ['Free', 'a b', '-x'],
    DISPUTE_HOLD: ['yes', '1', 'TRUE'],
    MIGRATE_ON_START: ['yes', '1', 'TRUE'],
    LOG_LEVEL: ['verbose', 'INFO'],
    ADMIN_API_TOKEN: ['two words', 'schlüssel', 'a\tb'],
  }
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) assertFaults({ [name]: value }, new RegExp(`^${name} `))
  }
})

test('all faults are told at once', () => {
  const env = { PORT: 'x', LOG_LEVEL: 'x', FUNDS_ASSET: 'x', CORS_ORIGINS: 'x' }
  const named = faultsOf(env).map((fault) => fault.slice(0, fault.indexOf(' ')))
  assert.deepEqual(named.toSorted(), Object.keys(env).toSorted())
  assert.throws(() => readConfig(env), /The configuration has 4 problems/)
})

test('a secret may come as a file', (t) => {
  const file = folder(t)
  const config = readConfig({
    ADMIN_API_TOKEN_FILE: file('admin', `${TOKENS.ADMIN_API_TOKEN}\n`),
    ADMIN_API_TOKEN_PREVIOUS_FILE: file('previous', 'before-the-rotation'),
    DATABASE_URL_FILE: file('database', 'postgres://localhost/billing\n'),
    REDIS_URL_FILE: file('redis', 'redis://localhost'),
    INTERNAL_SERVICE_TOKEN: '',
    INTERNAL_SERVICE_TOKEN_FILE: file('internal', TOKENS.INTERNAL_SERVICE_TOKEN),
  })
  assert.deepEqual(config.adminTokens, [TOKENS.ADMIN_API_TOKEN, 'before-the-rotation'])
  assert.deepEqual(config.internalTokens, [TOKENS.INTERNAL_SERVICE_TOKEN])
  assert.equal(config.database.url, 'postgres://localhost/billing')
  assert.equal(config.redisUrl, 'redis://localhost')

  const admin = file('canary', 'canary')
  assertFaults(
    { ADMIN_API_TOKEN_FILE: '/nowhere/canary' },
    /^ADMIN_API_TOKEN_FILE names a file that cannot be read/,
  )
  assertFaults(
    { ADMIN_API_TOKEN_FILE: file('empty', ' \n') },
    /^ADMIN_API_TOKEN_FILE names an empty file/,
  )
  assertFaults(
    { ADMIN_API_TOKEN: 'x', ADMIN_API_TOKEN_FILE: admin },
    /^ADMIN_API_TOKEN is set twice/,
  )
  assertFaults({ DATABASE_CA_FILE: '/nowhere/canary' }, /^DATABASE_CA_FILE /)
})

test('a previous token alone opens nothing, and no two scopes share one', () => {
  assertFaults({ ADMIN_API_TOKEN_PREVIOUS: 'canary' }, /^ADMIN_API_TOKEN is missing/)
  assertFaults(
    { ADMIN_API_TOKEN: '', ADMIN_API_TOKEN_PREVIOUS: 'canary' },
    /^ADMIN_API_TOKEN is missing/,
  )
  assertFaults(
    { ADMIN_API_TOKEN: 'srt_adm_canary' },
    /^ADMIN_API_TOKEN has the form of a token of the database/,
  )
  assertFaults(
    { ADMIN_API_TOKEN: 'canary', INTERNAL_SERVICE_TOKEN: 'canary' },
    /^INTERNAL_SERVICE_TOKEN must differ from ADMIN_API_TOKEN/,
  )
  assertFaults(
    { ...TOKENS, METRICS_TOKEN: 'x', METRICS_TOKEN_PREVIOUS: TOKENS.ADMIN_API_TOKEN },
    /^METRICS_TOKEN must differ from ADMIN_API_TOKEN/,
  )
  assert.deepEqual(
    readConfig({ ADMIN_API_TOKEN: 'same', ADMIN_API_TOKEN_PREVIOUS: 'same' }).adminTokens,
    ['same', 'same'],
  )
})

test('a pepper is strong wherever it is given, and no other secret', () => {
  const pepper = 'canary-0123456789-abcdefghijklmnopqrstu'
  const before = 'canary-0123456789-abcdefghijklmnopqrst2'
  assert.deepEqual(
    readConfig({ API_KEY_PEPPER: pepper, API_KEY_PEPPER_PREVIOUS: before }).apiKeyPeppers,
    [pepper, before],
  )
  const fault = (end: string) => new RegExp(`^API_KEY_PEPPER ${end}`)
  assertFaults({ API_KEY_PEPPER: pepper.slice(0, 31) }, fault('is shorter than 32 bytes'))
  assertFaults(
    { API_KEY_PEPPER: pepper, API_KEY_PEPPER_PREVIOUS: before.slice(0, 31) },
    fault('is shorter than 32 bytes'),
  )
  assertFaults({ API_KEY_PEPPER_PREVIOUS: before }, fault('is missing'))
  assertFaults({ API_KEY_PEPPER: `${pepper} é` }, fault('must be visible ASCII'))
  assertFaults(
    { ADMIN_API_TOKEN: pepper, API_KEY_PEPPER: pepper },
    fault('must differ from ADMIN_API_TOKEN'),
  )
  for (const name of ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET']) {
    const stripe = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }
    assertFaults(
      { ...stripe, [name]: pepper, API_KEY_PEPPER: pepper },
      fault('must differ from the secrets of Stripe'),
    )
  }
})

test('the two Stripe secrets come together or not at all', () => {
  assertFaults({ STRIPE_SECRET_KEY: 'canary' }, /^STRIPE_WEBHOOK_SECRET is missing/)
  assertFaults({ STRIPE_WEBHOOK_SECRET: 'canary' }, /^STRIPE_SECRET_KEY is missing/)
  assert.equal(readConfig({ STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' }).stripe, null)
})

test('TLS to the database is verified in production and wherever the URL asks for it', () => {
  const ssl = (url: string, env: Environment = {}) =>
    readConfig({ DATABASE_URL: url, ...env }).database.ssl
  assert.equal(ssl('postgres://localhost/x'), 'disable')
  assert.equal(ssl('postgres://localhost/x?sslmode=disable'), 'disable')
  assert.equal(ssl('postgres://db.example/x?sslmode=require'), 'verify-full')
  assert.equal(ssl('postgresql://db.example/x?a=b&sslmode=prefer'), 'verify-full')
  assert.equal(
    ssl('postgres://db.example/x?sslmode=require', { DATABASE_SSL: 'disable' }),
    'disable',
  )
})

test('production starts only with everything it needs, and says all that is missing', () => {
  assertFaults(
    { NODE_ENV: 'production' },
    /^LICENSE_PRIVATE_KEY_PATH is missing/,
    /^AUDIT_LOG_KEY_PATH is missing/,
    /^INTERNAL_SERVICE_TOKEN is missing/,
    /^API_KEY_PEPPER is missing/,
    /^DATABASE_URL is missing/,
    /^PUBLIC_URL is missing/,
    /^ADMIN_API_TOKEN is missing/,
  )
  const good: Environment = {
    NODE_ENV: 'production',
    ...TOKENS,
    PUBLIC_URL: 'https://billing.example.com',
    DATABASE_URL: 'postgres://strongroom@db.example/billing',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    STRIPE_SECRET_KEY: ['sk', 'live', '9aB3cD5eF7gH9iJ1kL3mN5oP7q'].join('_'),
    STRIPE_WEBHOOK_SECRET: 'whsec_2bC4dE6fG8hI0jK2lM4nO6pQ8r',
  }
  const config = readConfig(good)
  assert.deepEqual(
    [config.production, config.migrateOnStart, config.database.ssl],
    [true, false, 'verify-full'],
  )
  assert.deepEqual(config.rateLimits, {
    api: { max: 100, windowMs: 900_000 },
    usage: { max: 60, windowMs: 3_600_000 },
    webhooks: { max: 100, windowMs: 60_000 },
    admin: { max: 10, windowMs: 3_600_000 },
    internal: null,
    tokens: { max: 6_000, windowMs: 3_600_000 },
  })

  const weak = ['change-me-change-me-change-me-change-me', 'your-admin-token-0123456789abcdef0123']
  weak.push(
    '<admin token of at least 32 bytes>'.replaceAll(' ', '-'),
    'xxxxxxxxxxxxxxxxxxxxxxxx0123456789abcdef',
  )
  for (const name of [
    'ADMIN_API_TOKEN',
    'INTERNAL_SERVICE_TOKEN',
    'METRICS_TOKEN',
    'API_KEY_PEPPER',
    'STRIPE_SECRET_KEY',
    'STRIPE_WEBHOOK_SECRET',
  ]) {
    for (const value of weak)
      assertFaults({ ...good, [name]: value }, new RegExp(`^${name} is an example`))
    assertFaults(
      { ...good, [name]: 'a'.repeat(64) },
      new RegExp(`^${name} has fewer than 8 different characters`),
    )
    assertFaults(
      { ...good, [name]: '9aB3cD5eF7gH9iJ1kL3mN5oP7qR9sT1' },
      new RegExp(`^${name} is shorter than 32 bytes`),
    )
  }
  assertFaults(
    { ...good, ADMIN_API_TOKEN_PREVIOUS: 'short-9aB3cD5e' },
    /^ADMIN_API_TOKEN is shorter/,
  )
  assertFaults(
    { ...good, LICENSE_PRIVATE_KEY_PATH: '/nowhere/canary' },
    /^LICENSE_PRIVATE_KEY_PATH /,
  )
  const rsa = process.env['TEST_KEY_PATH']
  assertFaults({ ...good, AUDIT_LOG_KEY_PATH: rsa }, /^AUDIT_LOG_KEY_PATH .* Ed25519 private key/)

  const plain = (url: string) => ({ ...good, DATABASE_SSL: 'disable', DATABASE_URL: url })
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8:5433', '[::1]']) {
    assertFaults(plain(`postgres://${host}/x`))
  }
  assertFaults(plain('postgres:///x?host=/var/run/postgresql'))
  for (const host of [
    'db.example',
    '10.0.0.5',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[::2]',
    'localhost,db.example',
  ]) {
    assertFaults(plain(`postgres://${host}/x`), /^DATABASE_SSL must be verify-full/)
  }
})

/** A production that starts. */
const PRODUCTION: Environment = {
  NODE_ENV: 'production',
  ...TOKENS,
  PUBLIC_URL: 'https://billing.example.com',
  DATABASE_URL: 'postgres://strongroom@db.example/billing',
  LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
  AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
}

test('PUBLIC_URL is where browsers reach the console, and production needs it for one', () => {
  const url = (text: string | undefined) => readConfig({ PUBLIC_URL: text }).publicUrl
  assert.equal(url('https://billing.example.com'), 'https://billing.example.com')
  assert.equal(url('https://example.com/billing/'), 'https://example.com/billing')
  assert.equal(url('http://localhost:3100'), 'http://localhost:3100')
  for (const text of [
    'billing.example.com',
    'ftp://canary',
    'https://',
    'https://u:p@canary',
    'https://canary/?a',
    'https://canary/#a',
  ]) {
    assertFaults({ PUBLIC_URL: text }, /^PUBLIC_URL must be a URL/)
  }
  assertFaults({ ...PRODUCTION, PUBLIC_URL: undefined }, /^PUBLIC_URL is missing/)
  assertFaults(
    { ...PRODUCTION, PUBLIC_URL: 'http://canary.example' },
    /^PUBLIC_URL must be an https/,
  )
  assertFaults({ ...PRODUCTION, PUBLIC_URL: 'http://127.0.0.1:3100' })
  const without = readConfig({ ...PRODUCTION, PUBLIC_URL: undefined, CONSOLE: 'false' })
  assert.deepEqual([without.hasConsole, without.publicUrl], [false, undefined])
  assertFaults({ CONSOLE: 'canary' }, /^CONSOLE must be one of true, false/)
})

test('a host in the query of the database URL is judged as the one in its place', () => {
  const judged = (url: string, ...faults: RegExp[]) =>
    assertFaults({ ...PRODUCTION, DATABASE_SSL: 'disable', DATABASE_URL: url }, ...faults)
  const far = /^DATABASE_SSL must be verify-full/
  for (const query of [
    'host=db.example',
    'host=10.0.0.5&port=5433',
    'hostaddr=10.0.0.5',
    'host=localhost&hostaddr=10.0.0.5',
    'host=localhost&host=db.example',
    'host=db.example&host=localhost',
    'host=localhost,db.example',
    'host=/run/postgresql,db.example',
    '%68ost=db.example',
    'application_name=x&host=127.0.0.1.evil.example',
    'host=::2',
    'host=0x7f.1',
  ]) {
    judged(`postgres://localhost/x?${query}`, far)
    judged(`postgres://localhost:5432,127.0.0.1:5433/x?${query}`, far)
    judged(`postgres:///x?${query}`, far)
  }
  for (const query of ['host=localhost', 'host=/run/postgresql', 'host=::1&port=5433', 'a=b']) {
    judged(`postgres://db.example/x?${query}`, far)
    judged(`postgres://localhost/x?${query}`)
    judged(`postgres://user@%2Frun%2Fpostgresql/x?${query}`)
  }
  judged('postgres:///x', far)
  judged('postgres://user@/x?host=/run/postgresql')
})

test('in production nothing leaves the machine in plain text', () => {
  for (const url of [
    'http://stripe.example.com',
    'http://127.0.0.1.evil.example',
    'http://localhost@evil.example',
    'ftp://evil.example',
  ]) {
    assertFaults({ ...PRODUCTION, STRIPE_API_BASE: url }, /^STRIPE_API_BASE must be an https:/)
  }
  for (const url of [
    'https://stripe.example.com',
    'http://127.0.0.1:12111',
    'http://0x7f.1',
    'http://[::1]:1',
    'http://LOCALHOST',
  ]) {
    assertFaults({ ...PRODUCTION, STRIPE_API_BASE: url })
  }
  const origins = 'https://a.example,http://localhost:5173,http://127.0.0.1:1,http://[::1]'
  assertFaults({ ...PRODUCTION, CORS_ORIGINS: origins })
  assertFaults({ ...PRODUCTION, CORS_ORIGINS: `${origins},http://b.example` }, /^CORS_ORIGINS /)
  assertFaults({ ...PRODUCTION, CORS_ORIGINS: '*' }, /^CORS_ORIGINS must be a comma list/)

  const far = [
    'redis://redis.example:6379',
    'redis://:canary@10.0.0.5',
    'redis://localhost.evil.example',
    'redis://localhost@evil.example',
    'redis:///0?host=evil.example',
    '//redis.example',
    'redis.example:6379',
    'REDISS://redis.example',
  ]
  for (const url of far) {
    assertFaults({ ...PRODUCTION, REDIS_URL: url }, /^REDIS_URL must be a rediss:/)
    const env = { ...PRODUCTION, REDIS_URL: url, REDIS_ALLOW_PLAIN: 'true' }
    assert.equal(readConfig(env).redisAllowPlain, true)
    assertFaults({ REDIS_URL: url })
  }
  for (const url of [
    'rediss://:canary@redis.example:6380/1',
    'redis://127.0.0.1:6379',
    'redis://:canary@localhost/2',
    'redis://[::1]',
    '/run/redis/redis.sock?db=2',
  ]) {
    assertFaults({ ...PRODUCTION, REDIS_URL: url })
  }
  assertFaults({ REDIS_ALLOW_PLAIN: 'canary' }, /^REDIS_ALLOW_PLAIN must be one of/)
  assertFaults({
    STRIPE_API_BASE: 'http://stripe.example.com',
    CORS_ORIGINS: 'http://a.example',
  })
})

test('half the world is no proxy', () => {
  const wide = /^TRUST_PROXY must not have a range wider than \/8 \(IPv4\) or \/16 \(IPv6\)/
  for (const range of [
    '0.0.0.0/0',
    '128.0.0.0/1',
    '10.0.0.0/7',
    '::/0',
    '2000::/3',
    '2001::/15',
    '::ffff:0:0/96',
    '::ffff:10.0.0.0/103',
    '::ffff:0:0/15',
  ]) {
    assertFaults({ TRUST_PROXY: `127.0.0.1, ${range}` }, wide)
  }
  for (const range of ['10.0.0.0/8', '2001:db8::/16', '::ffff:10.0.0.0/104', '::1', '192.0.2.7']) {
    assert.deepEqual(readConfig({ TRUST_PROXY: range }).trustProxy, [range])
  }
})

test('a misspelt variable is told with the setting that it resembles, and without its value', () => {
  for (const [name, meant] of [
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['RATE_LIMIT_ADMN', 'RATE_LIMIT_ADMIN'],
    ['admin_api_token', 'ADMIN_API_TOKEN'],
    ['STRIPE_SECRET', 'STRIPE_SECRET_KEY'],
    ['LICENSE_PRIVATE_KEY', 'LICENSE_PRIVATE_KEY_PATH'],
    ['LICENCE_PRIVATE_KEY_PATH', 'LICENSE_PRIVATE_KEY_PATH'],
    ['INTERNAL_SERVICE_TOKEN_PREVIOS', 'INTERNAL_SERVICE_TOKEN_PREVIOUS'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
  ] as const) {
    const expected = `${name} is no setting and has no effect: is ${meant} meant?`
    assert.deepEqual(misspeltSettings({ [name]: 'canary' }), [expected])
  }
  const usual = [
    'PATH HOME HOSTNAME LOGNAME SHELL LANG TZ PWD PORTS COLUMNS NODE_OPTIONS NODE_EXTRA_CA_CERTS',
    'MALLOC_ARENA_MAX PGHOST PGPASSWORD POSTGRES_PASSWORD REDIS_PORT REDIS_SERVICE_HOST NO_COLOR',
    'KUBERNETES_SERVICE_HOST npm_config_cache npm_package_name INVOCATION_ID JOURNAL_STREAM',
    'CREDENTIALS_DIRECTORY NOTIFY_SOCKET DOCKER_HOST BACKUP_DIR',
  ].flatMap((names) => names.split(' '))
  assert.deepEqual(misspeltSettings(Object.fromEntries(usual.map((name) => [name, 'x']))), [])
  // What is missing is there under another name, and said beside it.
  const faults = faultsOf({ NODE_ENV: 'production', ...TOKENS, DATABSE_URL: 'postgres://canary' })
  assert.match(faults.join('\n'), /^DATABASE_URL is missing.*$[^]*^DATABSE_URL is no setting/m)
  assert.ok(!faults.join().includes('canary'))
})
