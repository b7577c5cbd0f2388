import assert from 'node:assert/strict'
import { test } from 'node:test'
import { misspeltSettings, readConfig } from '../../src/process/config.ts'
import { TOKENS, assertFaults, faultsOf } from '../support/config.ts'

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
