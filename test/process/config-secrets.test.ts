import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/process/config.ts'
import { TOKENS, assertFaults, fileMaker } from '../support/config.ts'

test('a secret may come as a file', (t) => {
  const file = fileMaker(t)
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
