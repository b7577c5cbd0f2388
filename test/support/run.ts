import { spawn } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
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

/** So many files share a process: each process first loads the service, which takes longer than most tests. */
const FILES_OF_PROCESS = 6

/** What a file does to its process, which others in it would feel. */
const OF_PROCESS =
  /\bprocess\.(?:env\[.*\] =|on\(|exit|kill|memoryUsage|cpuUsage|chdir|stdout)|\bmock\.|^await /m

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

/** An Ed25519 key: events are signed with one, and the log's checkpoints with another. */
function makeEd25519Key(name: string): string {
  const path = join(files, name)
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
  const child = spawn(process.execPath, [...flags, ...(drill ? chosen : together(chosen))], {
    stdio: 'inherit',
    env: {
      ...process.env,
      DATABASE_URL: undefined,
      NODE_ENV: 'test',
      TEST_DATABASE_URL: url,
      TEST_TEMPLATE: template,
      TEST_PASSWORD: password,
      TEST_KEY_PATH: makeKey(),
      TEST_EVENTS_KEY_PATH: makeEd25519Key('events-key.pem'),
      TEST_LOG_KEY_PATH: makeEd25519Key('audit-log-key.pem'),
    },
  })
  // The child gets the terminal's Ctrl-C itself; this process cleans up what it leaves.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** Files that import some of the given ones each, and those that need a process of their own. */
function together(chosen: readonly string[]): string[] {
  const alone = chosen.filter((file) => OF_PROCESS.test(readFileSync(file, 'utf8')))
  const others = chosen.filter((file) => !alone.includes(file))
  const count = Math.ceil(others.length / FILES_OF_PROCESS)
  if (count < 2) return [...chosen]
  const groups = Array.from({ length: count }, (_, group) => {
    // Not neighbours: files of a folder take about as long as each other.
    const members = others.filter((_file, index) => index % count === group)
    const imports = members.map(
      (file) => `import ${JSON.stringify(pathToFileURL(resolve(file)))}\n`,
    )
    const path = join(files, `group-${group + 1}.test.mjs`)
    writeFileSync(path, imports.join(''))
    return path
  })
  return [...alone, ...groups]
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
