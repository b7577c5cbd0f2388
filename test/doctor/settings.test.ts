import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Line } from '../../src/doctor/check.ts'
import { expect, scene } from '../support/doctor.ts'
import { newFolder } from '../support/licenses.ts'
import { eventually } from '../support/processes.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'

/** Without its webhook secret, and away from Stripe itself. */
const KEY_ALONE = {
  STRIPE_SECRET_KEY: `sk_test_canary_${'0123456789'.repeat(3)}`,
  STRIPE_API_BASE: 'http://127.0.0.1:1',
}

test('each unsafe setting is named, never shown', async (t) => {
  const { look } = await scene(t)
  for (const [changes, check, status] of [
    [{ NODE_ENV: undefined }, 'NODE_ENV', 'failure'],
    [{ NODE_ENV: 'production\r' }, 'NODE_ENV', 'pass'],
    [{ ADMIN_API_TOKEN: 'short-canary' }, 'ADMIN_API_TOKEN', 'failure'],
    [{ ADMIN_API_TOKEN: undefined }, 'ADMIN_API_TOKEN', 'failure'],
    [{ ADMIN_API_TOKEN: INTERNAL_TOKEN }, 'INTERNAL_SERVICE_TOKEN', 'failure'],
    [
      { INTERNAL_SERVICE_TOKEN: `change-me-canary-${'0123456789'.repeat(3)}` },
      'INTERNAL_SERVICE_TOKEN',
      'failure',
    ],
    [{ API_KEY_PEPPER: undefined }, 'API_KEY_PEPPER', 'failure'],
    [{ API_KEY_PEPPER: 'short-canary' }, 'API_KEY_PEPPER', 'failure'],
    [{ API_KEY_PEPPER: INTERNAL_TOKEN }, 'API_KEY_PEPPER', 'failure'],
    [{ METRICS_TOKEN: undefined }, 'METRICS_TOKEN', 'warning'],
    [{ ADMIN_API_TOKEN_PREVIOUS: `${ADMIN_TOKEN}-canary` }, 'ADMIN_API_TOKEN_PREVIOUS', 'warning'],
    [{ LICENSE_PRIVATE_KEY_PATH: '/nowhere' }, 'LICENSE_PRIVATE_KEY_PATH', 'failure'],
    [{ AUDIT_CHECKPOINT_DIR: undefined }, 'checkpoint copies', 'warning'],
    [{ AUDIT_CHECKPOINT_DIR: '/nowhere' }, 'checkpoint copies', 'failure'],
    [{}, 'log state', 'pass'],
    // Below a file there is no folder, for root either.
    [{ AUDIT_CHECKPOINT_DIR: undefined, DATA_DIR: '/etc/passwd/data' }, 'log state', 'failure'],
    [{ RATE_LIMIT_ADMN: 'canary' }, 'RATE_LIMIT_ADMN', 'warning'],
    [{ LOG_LEVEL: 'silent' }, 'LOG_LEVEL', 'warning'],
    [{ TRUST_PROXY: undefined }, 'TRUST_PROXY', 'warning'],
    [{ TRUST_PROXY: '0.0.0.0/0' }, 'TRUST_PROXY', 'failure'],
    [{ TRUST_PROXY: '10.0.0.0/8, 2000::/3' }, 'TRUST_PROXY', 'failure'],
    [{ CORS_ORIGINS: 'http://app.example.com' }, 'CORS_ORIGINS', 'failure'],
    [{ CORS_ORIGINS: 'http://localhost:5173' }, 'CORS_ORIGINS', 'warning'],
    [{ STRIPE_API_BASE: 'http://canary.example.com' }, 'STRIPE_API_BASE', 'failure'],
    [{ REDIS_URL: 'redis://:canary@redis.example.com' }, 'REDIS_URL', 'failure'],
    [{ CORS_ORIGINS: '*' }, 'CORS_ORIGINS', 'failure'],
    [{ CHECKOUT_ORIGINS: 'http://canary.example.com' }, 'CHECKOUT_ORIGINS', 'failure'],
    [{ RATE_LIMIT_ADMIN: 'off' }, 'rate limits', 'warning'],
    [{ REDIS_URL: 'redis://:canary@127.0.0.1:1' }, 'REDIS_URL', 'failure'],
    [{ ...KEY_ALONE }, 'STRIPE_WEBHOOK_SECRET', 'failure'],
    [{ DATABASE_URL: 'postgres://canary:canary@127.0.0.1:1/x' }, 'connection', 'failure'],
    [{ DATABASE_URL: undefined }, 'DATABASE_URL', 'failure'],
    [{ DATABASE_SSL: undefined }, 'connection', 'failure'],
    [
      { INTERNAL_SERVICE_TOKEN: 'another-token-0123456789-abcdefghijklm' },
      'internal token',
      'failure',
    ],
  ] as const) {
    const lines = await look(changes)
    expect(lines, check, status)
    assert.ok(!JSON.stringify([...lines.values()]).includes('canary'))
  }
})

test('rate limits are told as they are set', async (t) => {
  const { look } = await scene(t)
  const limits = {
    RATE_LIMIT_API: '20/20s',
    RATE_LIMIT_USAGE: '100/90m',
    RATE_LIMIT_ADMIN: '5/60m',
  }
  const told = /^api 20\/20s, usage 100\/90m, webhooks 100\/1m, admin 5\/1h, tokens 6000\/1h$/
  expect(await look(limits), 'rate limits', 'pass', told)
})

test('each secret of the settings is looked for: URLs of databases, and all keys', async (t) => {
  const { look, folder, service, env } = await scene(t)
  writeFileSync(join(folder, '.env'), `MIGRATION_DATABASE_URL=${service.database.ownerUrl}\n`, {
    mode: 0o600,
  })
  expect(await look(), '.env', 'warning', /1 secret/)
  rmSync(join(folder, '.env'))

  const url = join(folder, 'owner-url')
  writeFileSync(url, service.database.ownerUrl, { mode: 0o644 })
  const owner = { MIGRATION_DATABASE_URL_FILE: url }
  expect(await look(owner), 'MIGRATION_DATABASE_URL_FILE', 'failure', /0644/)
  chmodSync(url, 0o600)
  expect(await look(owner), 'modes', 'pass', /^3 files/)

  const key = join(folder, 'events-key.pem')
  const former = join(folder, 'events-key-former.pem')
  for (const path of [key, former]) {
    copyFileSync(process.env['TEST_EVENTS_KEY_PATH'] ?? '', path)
    chmodSync(path, 0o600)
  }
  // Everyone may read the public part of an earlier key.
  const publicKey = join(folder, 'license-key-former.pem')
  const pem = createPublicKey(readFileSync(env['LICENSE_PRIVATE_KEY_PATH'] ?? ''))
  writeFileSync(publicKey, pem.export({ type: 'spki', format: 'pem' }), { mode: 0o644 })
  const keys = {
    EVENTS_KEY_PATH: key,
    EVENTS_PREVIOUS_KEY_PATHS: former,
    LICENSE_PREVIOUS_KEY_PATHS: publicKey,
  }
  expect(await look(keys), 'modes', 'pass', /^4 files/)
  chmodSync(former, 0o644)
  expect(await look(keys), 'EVENTS_PREVIOUS_KEY_PATHS', 'failure')

  const git = (...args: string[]) => spawnSync('git', args, { cwd: folder }).status
  if (git('init', '-q') !== 0) return t.diagnostic('there is no git')
  git('add', 'events-key.pem', 'events-key-former.pem', 'owner-url')
  const lines = await look({ ...keys, ...owner })
  for (const name of [...Object.keys(keys).slice(0, 2), 'MIGRATION_DATABASE_URL_FILE']) {
    expect(lines, `git: ${name}`, 'failure', /version control/)
  }
})

test('files with secrets: open ones, those in git, in .env, and old ones', async (t) => {
  const { look, folder } = await scene(t)
  const path = join(folder, 'admin-token')
  writeFileSync(path, ADMIN_TOKEN, { mode: 0o600 })
  const changes = { ADMIN_API_TOKEN: undefined, ADMIN_API_TOKEN_FILE: path }
  expect(await look(changes), 'modes', 'pass')
  chmodSync(path, 0o644)
  expect(await look(changes), 'ADMIN_API_TOKEN_FILE', 'failure', /0644/)
  chmodSync(path, 0o600)

  const days = (count: number) => new Date(Date.now() - count * 86_400_000)
  utimesSync(path, days(91), days(91))
  expect(await look(changes), 'age: ADMIN_API_TOKEN_FILE', 'warning', /^91 days/)
  utimesSync(path, days(89), days(89))
  assert.ok(!(await look(changes)).has('age: ADMIN_API_TOKEN_FILE'))

  const dotenv = join(folder, '.env')
  writeFileSync(dotenv, 'PORT=3100\n', { mode: 0o600 })
  expect(await look(), '.env', 'pass')
  writeFileSync(dotenv, `ADMIN_API_TOKEN=${ADMIN_TOKEN}\n`)
  expect(await look(), '.env', 'warning', /1 secret/)
  chmodSync(dotenv, 0o640)
  expect(await look(), '.env', 'failure', /0640/)

  const git = (...args: string[]) => spawnSync('git', args, { cwd: folder }).status
  if (git('init', '-q') !== 0) return t.diagnostic('there is no git')
  expect(await look(changes), 'git: .env', 'warning', /does not ignore/)
  git('add', '.env')
  expect(await look(changes), 'git: .env', 'failure', /version control/)
})

/** A `git` that answers once it is let go, and gives up after 20 s. @returns the file that lets it go */
function slowGit(t: TestContext): { begun: string; released: string } {
  const folder = newFolder(t)
  const [begun, released] = [join(folder, 'begun'), join(folder, 'released')]
  const script = `#!/bin/sh
touch '${begun}'
for n in $(seq 200); do
  if test -e '${released}'; then exit 1; fi
  sleep 0.1
done
exit 128
`
  writeFileSync(join(folder, 'git'), script, { mode: 0o755 })
  const secret = join(folder, 'metrics-token')
  writeFileSync(secret, 'metrics-token-of-the-tests-0123456789abcd', { mode: 0o600 })
  const changes = { PATH: `${folder}:${process.env['PATH']}`, METRICS_TOKEN_FILE: secret }
  const former = { ...process.env }
  t.after(() => {
    for (const name of Object.keys(changes)) delete process.env[name]
    Object.assign(process.env, former)
  })
  Object.assign(process.env, changes)
  return { begun, released }
}

test('a service that examines itself answers others while git has not', async (t) => {
  const service = await startService(t)
  const { begun, released } = slowGit(t)
  const asked = service.asAdmin('GET', '/api/doctor')
  assert.ok(await eventually(async () => existsSync(begun), 10_000))
  assert.equal((await service.call('GET', '/health/live')).status, 200)
  writeFileSync(released, '')
  const { status, body } = await asked
  assert.equal(status, 200)
  const found = new Map((body.findings as Line[]).map((line) => [line.check, line]))
  expect(found, 'git: METRICS_TOKEN_FILE', 'warning', /does not ignore/)
})

test('a git that never answers is not waited for', async (t) => {
  const service = await startService(t)
  slowGit(t)
  const { body } = await service.asAdmin('GET', '/api/doctor')
  const found = new Map((body.findings as Line[]).map((line) => [line.check, line]))
  expect(found, 'git', 'unseen', /in time/)
})
