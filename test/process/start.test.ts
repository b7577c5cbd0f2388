import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { serverProcesses } from '../support/processes.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN } from '../support/service.ts'
import {
  clusterOf,
  command,
  launchService,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

const SECRETS = [
  'ADMIN_API_TOKEN',
  'INTERNAL_SERVICE_TOKEN',
  'METRICS_TOKEN',
  'API_KEY_PEPPER',
] as const
const KEY = 'LICENSE_PRIVATE_KEY.pem'

/** Runs the banner's example as a developer would who copies it into a shell. */
function tryExample(output: string, env: Record<string, string> = {}) {
  const example = /^ +(curl.*\\\n.*)\n/m.exec(output)?.[1] ?? assert.fail(output)
  const shell = spawnSync('sh', ['-c', example], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return JSON.parse(shell.stdout) as { customer?: { email: string }; api_key?: string }
}

const hasCurl = spawnSync('curl', ['--version']).status === 0
const needsCurl = hasCurl ? false : 'there is no curl'

test('the banner’s example works as it stands', { skip: needsCurl }, async (t) => {
  const dataDir = newDataDir(t)
  const service = await startServiceProcess(t, join(dataDir, `a folder, with ' and $HOME`))
  const made = tryExample(service.output())
  assert.equal(made.customer?.email, 'ada@example.com')
  assert.match(made.api_key ?? '', /^cust_/)
  service.child.kill('SIGTERM')
  assert.equal(await service.ended, 0)
})

test('with a token of one’s own the banner names the variable', { skip: needsCurl }, async (t) => {
  const dataDir = newDataDir(t)
  const service = await startServiceProcess(t, dataDir, { ADMIN_API_TOKEN: ADMIN_TOKEN })
  const made = tryExample(service.output(), { ADMIN_API_TOKEN: ADMIN_TOKEN })
  assert.equal(made.customer?.email, 'ada@example.com')
  assert.ok(!service.output().includes(ADMIN_TOKEN))
})

test('secrets are made once, private to their owner, and never printed', async (t) => {
  const dataDir = newDataDir(t)
  const read = () => SECRETS.map((name) => readFileSync(join(dataDir, 'secrets', name), 'utf8'))

  const first = await startServiceProcess(t, dataDir, { LOG_LEVEL: 'trace' })
  const secrets = read()
  assert.equal(new Set(secrets).size, SECRETS.length)
  const names = [...SECRETS, KEY, 'AUDIT_LOG_KEY.pem', 'EVENTS_KEY.pem']
  assert.deepEqual(readdirSync(join(dataDir, 'secrets')).toSorted(), names.toSorted())
  const key = readFileSync(join(dataDir, 'secrets', KEY), 'utf8')
  for (const name of names) {
    assert.equal(statSync(join(dataDir, 'secrets', name)).mode & 0o777, 0o600)
  }
  assert.equal(statSync(join(dataDir, 'secrets')).mode & 0o777, 0o700)
  for (const secret of secrets) assert.match(secret, /^[0-9a-f]{64}\n$/)
  const answer = await fetch(`${first.origin}/api/customers`, {
    headers: { authorization: `Bearer ${secrets[0]?.trim()}` },
  })
  assert.equal(answer.status, 200)
  first.child.kill('SIGTERM')
  assert.equal(await first.ended, 0)

  const second = await startServiceProcess(t, dataDir)
  assert.deepEqual(read(), secrets)
  assert.equal(readFileSync(join(dataDir, 'secrets', KEY), 'utf8'), key)
  for (const secret of secrets) {
    assert.ok(!(first.output() + second.output()).includes(secret.trim()))
  }
})

test('a port that is taken ends the start, and the embedded server with it', async (t) => {
  const dataDir = newDataDir(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  const service = launchService(t, dataDir, { PORT: String(port) })
  assert.equal(await service.ended, 1)
  assert.match(service.output(), /did not start\. The port is taken: .*PORT/)
  if (process.platform === 'linux') assert.deepEqual(serverProcesses(clusterOf(dataDir)), [])
})

test('a database that can not be reached ends the start without its password', async (t) => {
  const service = launchService(t, newDataDir(t), {
    DATABASE_URL: 'postgres://someone:pass-canary@127.0.0.1:1/none',
  })
  assert.equal(await service.ended, 1)
  assert.match(service.output(), /can not be reached \(ECONNREFUSED\): check DATABASE_URL/)
  assert.ok(!/canary|someone|127\.0\.0\.1/.test(service.output()))
})

test('a folder that can not be written to ends the start and is named', () => {
  // Not even root makes folders there.
  const closed = process.platform === 'darwin' ? '/System/strongroom' : '/sys/strongroom'
  for (const dataDir of [closed, '/dev/null/strongroom', import.meta.filename]) {
    const { status, stderr } = command(['ledger', 'verify'], { DATA_DIR: dataDir })
    assert.equal(status, 1)
    assert.match(stderr, /DATA_DIR/)
    assert.doesNotMatch(stderr, /^ +at /m)
  }
})

/** What a program has to link before its first statement runs, but for files of its own. */
function linkedBy(path: string): string[] {
  const linked = readFileSync(path, 'utf8').matchAll(/^(?:import|export|\}) .*?["'](.*)["'];?$/gm)
  return [...linked].flatMap(([, name = '']) =>
    name.startsWith('./') ? linkedBy(join(path, '..', name)) : [name],
  )
}

test('an old Node.js is told which one is needed, by each program', () => {
  // In its words: it reads no more than these files before it can say so.
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`
  for (const program of ['server', 'worker', 'cli', 'strongroom']) {
    const path = join(import.meta.dirname, `../../dist/${program}.js`)
    const foreign = linkedBy(path).filter((name) => !name.startsWith('node:'))
    assert.deepEqual(foreign, [], program)
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
    const { status, stderr } = spawnSync(process.execPath, [...flags, path], { encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /^Node\.js is 18\.20\.8, and Strongroom needs 20\.19\.0 or newer: https:/)
  }
})

test('an unsafe start in production names every fault at once and no value', async (t) => {
  const dataDir = newDataDir(t)
  const service = launchService(t, dataDir, {
    NODE_ENV: 'production',
    PORT: '99canary',
    ADMIN_API_TOKEN: 'short-canary',
    INTERNAL_SERVICE_TOKEN: 'change-me-canary-0123456789abcdefghijklm',
    API_KEY_PEPPER: 'canary-of-a-pepper',
    DATABASE_URL: 'postgres://canary:canary@db.canary.org/canary',
    DATABASE_SSL: 'disable',
    STRIPE_SECRET_KEY: 'sk_live_canary_0123456789abcdefghijklmn',
    CORS_ORIGINS: 'canary',
  })
  assert.equal(await service.ended, 1)
  const named = [...service.output().matchAll(/^ {2}- ([A-Z_]+) /gm)].map((match) => match[1])
  const expected = [
    'PORT',
    'ADMIN_API_TOKEN',
    'INTERNAL_SERVICE_TOKEN',
    'API_KEY_PEPPER',
    'DATABASE_SSL',
    'STRIPE_WEBHOOK_SECRET',
    'CORS_ORIGINS',
    'LICENSE_PRIVATE_KEY_PATH',
    'PUBLIC_URL',
    'AUDIT_LOG_KEY_PATH',
  ]
  assert.deepEqual(new Set(named), new Set(expected))
  assert.ok(!service.output().includes('canary'))
  assert.deepEqual(readdirSync(dataDir), [])
})

test('production with white space around it makes up no secrets', async (t) => {
  const dataDir = newDataDir(t)
  const service = launchService(t, dataDir, { NODE_ENV: 'production\r' })
  assert.equal(await service.ended, 1)
  for (const name of ['INTERNAL_SERVICE_TOKEN', 'API_KEY_PEPPER', 'LICENSE_PRIVATE_KEY_PATH']) {
    assert.match(service.output(), new RegExp(`^ {2}- ${name} is missing`, 'm'))
  }
  assert.deepEqual(readdirSync(dataDir), [])
})

test('.env is read, and gives way to the environment', async (t) => {
  const dataDir = newDataDir(t)
  writeFileSync(
    join(dataDir, '.env'),
    `INTERNAL_SERVICE_TOKEN=${INTERNAL_TOKEN}\nHOST=192.0.2.1\nFUNDS_ASSET=EUR/2\nRATE_LIMIT_ADMN=5/s\n`,
  )
  const service = await startServiceProcess(t, dataDir, { HOST: '127.0.0.1' })
  const misspelt = 'RATE_LIMIT_ADMN is no setting and has no effect: is RATE_LIMIT_ADMIN meant?'
  assert.ok(service.output().includes(misspelt), service.output())
  const answer = await fetch(`${service.origin}/account`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
    body: JSON.stringify({ user_id: 'ada', tier: 'pro' }),
  })
  assert.equal(answer.status, 201)
  assert.equal(((await answer.json()) as { asset: string }).asset, 'EUR/2')
})

test('an old schema is refused unless it may be migrated', async (t) => {
  const { url, migrationUrl } = await emptyDatabase(t)
  const dataDir = newDataDir(t)
  const refused = launchService(t, dataDir, { DATABASE_URL: url, MIGRATE_ON_START: 'false' })
  assert.equal(await refused.ended, 1)
  assert.match(refused.output(), /lacks \d+ migrations?: run `node dist\/cli.js migrate`/)

  const owner = { MIGRATION_DATABASE_URL: migrationUrl }
  const migrated = command(['migrate'], { DATABASE_URL: url, DATA_DIR: dataDir, ...owner })
  assert.equal(migrated.stderr + migrated.stdout, 'The schema is up to date.\n')
  assert.equal(migrated.status, 0)
  const env = { DATABASE_URL: url, MIGRATE_ON_START: 'false' }
  const service = await startServiceProcess(t, dataDir, env)
  assert.equal((await fetch(`${service.origin}/health`)).status, 200)
})

/** A database without any table, on a server of its own. */
async function emptyDatabase(t: TestContext): Promise<{ url: string; migrationUrl: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-empty-'))
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
  t.after(async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return server
}
