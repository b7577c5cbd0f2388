import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/process/config.ts'
import type { Environment } from '../../src/process/environment.ts'
import { PRODUCTION, TOKENS, assertFaults } from '../support/config.ts'

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
