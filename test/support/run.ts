import { spawn } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import {
  OWNER_ROLE,
  SERVICE_ROLE,
  asAdmin,
  closeDatabase,
  configOf,
  databaseUrl,
} from './database.ts'

/**
 * `npm test [-- files]`: starts a PostgreSQL (the server in TEST_DATABASE_URL or DATABASE_URL,
 * otherwise the embedded one in a temporary folder), creates a migrated template database, and runs
 * Node's test runner on it. `npm run drill [-- files]`: the same with the full counts of the
 * promises, which takes long.
 */
const drill = process.env['DRILL'] === '1'
const template = `strongroom_template_${process.pid}`

const server = await openServer()
const files = mkdtempSync(join(tmpdir(), 'strongroom-files-'))
// Two runs on one server share the roles: they must come to the same password.
const password = createHash('sha256').update(server.url).digest('hex')
try {
  await asAdmin(server.url, async (sql) => {
    for (const role of [OWNER_ROLE, SERVICE_ROLE]) {
      // Two runs on one server share the roles; each must be able to log in.
      await sql.unsafe(`
        do $$ begin
          create role ${role} login;
        exception when duplicate_object or unique_violation then null;
        end $$`)
      await sql.unsafe(`alter role ${role} password '${password}'`)
    }
    await sql.unsafe(`create database ${template} owner ${OWNER_ROLE}`)
    await closeDatabase(sql, template)
  })
  const login = (user: string) => configOf(databaseUrl(server.url, template, { user, password }))
  await migrate(login(OWNER_ROLE), login(SERVICE_ROLE))
  process.exitCode = await runTests(server.url)
} finally {
  try {
    await asAdmin(server.url, async (sql) => {
      // Clones' names begin with the template's name; failed tests may have left some.
      const left = await sql<{ name: string }[]>`
        select datname as name from pg_database where starts_with(datname::text, ${template})`
      for (const { name } of left) {
        await sql.unsafe(`drop database if exists ${name} with (force)`)
      }
    })
  } finally {
    rmSync(files, { recursive: true })
    await server.stop()
  }
}

/** The key with which all tests' services sign, because generating one for each would take long. */
function makeKey(): string {
  const path = join(files, 'license-key.pem')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

/** A key for a log's checkpoints, where a test only needs that there is one. */
function makeLogKey(): string {
  const path = join(files, 'audit-log-key.pem')
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

async function openServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL'] ?? process.env['DATABASE_URL']
  if (given !== undefined) return { url: given, stop: async () => undefined }
  const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-test-'))
  const embedded = await startEmbeddedPostgres({
    dataDir,
    // Tests need not survive a power cut; the drills that test it start their own servers.
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      // Several files run at once, each with several replicas.
      max_connections: '200',
    },
  })
  return {
    url: embedded.adminUrl,
    stop: async () => {
      await embedded.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function runTests(url: string): Promise<number> {
  const given = process.argv.slice(2)
  const chosen = given.length > 0 ? given : testFiles()
  const flags = ['--import', 'tsx', '--test', '--test-reporter=spec']
  // A drill needs the whole machine: beside another one its deadlines would be meaningless.
  flags.push(`--test-concurrency=${drill ? 1 : 4}`)
  const child = spawn(process.execPath, [...flags, ...chosen], {
    stdio: 'inherit',
    env: {
      ...process.env,
      DATABASE_URL: undefined,
      NODE_ENV: 'test',
      TEST_DATABASE_URL: url,
      TEST_TEMPLATE: template,
      TEST_PASSWORD: password,
      TEST_KEY_PATH: makeKey(),
      TEST_LOG_KEY_PATH: makeLogKey(),
    },
  })
  // The child gets the terminal's Ctrl-C itself; this process cleans up what it leaves.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** All tests that need only npm packages, or those with a larger count for the drill. */
function testFiles(): string[] {
  return (
    readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join('test', file))
      // These need nginx and a built image: `.ci/deploy` provides both and runs them by name.
      .filter((file) => !file.startsWith(join('test', 'deploy')))
      .filter((file) => !drill || readFileSync(file, 'utf8').includes('scaled('))
  )
}
