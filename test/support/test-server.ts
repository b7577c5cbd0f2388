import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** What tests run on. */
export interface TestServer {
  /** A folder that is removed at the end. */
  files: string
  /** The variables by which tests find the server and the keys. */
  env: Record<string, string | undefined>
}

/**
 * Starts a PostgreSQL (the server in TEST_DATABASE_URL or DATABASE_URL, otherwise the embedded one in a
 * temporary folder), creates a migrated template database, and runs work on them. Nothing of it is left.
 */
export async function withTestServer<T>(work: (server: TestServer) => Promise<T>): Promise<T> {
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
    return await work({
      files,
      env: {
        DATABASE_URL: undefined,
        NODE_ENV: 'test',
        TEST_DATABASE_URL: server.url,
        TEST_TEMPLATE: template,
        TEST_PASSWORD: password,
        TEST_KEY_PATH: makeKey(files),
        TEST_EVENTS_KEY_PATH: makeEd25519Key(files, 'events-key.pem'),
        TEST_LOG_KEY_PATH: makeEd25519Key(files, 'audit-log-key.pem'),
      },
    })
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
}

/**
 * A cluster of the embedded PostgreSQL with all tables, which services that tests start copy.
 * @returns its data folder; no server runs on it
 */
export async function makeCluster(files: string): Promise<string> {
  const dataDir = join(files, 'prepared')
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
  try {
    await migrate(configOf(server.migrationUrl), configOf(server.url))
  } finally {
    await server.stop()
  }
  return join(dataDir, 'postgres', 'data')
}

/** The key with which all tests' services sign, because generating one for each would take long. */
function makeKey(files: string): string {
  const path = join(files, 'license-key.pem')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

/** An Ed25519 key: events are signed with one, and the log's checkpoints with another. */
function makeEd25519Key(files: string, name: string): string {
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
