import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import type { DatabaseConfig } from '../../src/database/config.ts'
import { socketHost } from '../../src/database/hosts.ts'

export interface TestDatabase {
  name: string
  /** As the service's role, which owns nothing. */
  url: string
  /** As the role that owns the tables, which is no superuser. */
  ownerUrl: string
  /**
   * Connects as the role that created the database, which may revoke privileges and end connections.
   */
  adminUrl: string
  drop(): Promise<void>
}

/** The roles that the service and its migrations have in tests; `run.ts` makes them. */
export const SERVICE_ROLE = 'strongroom_test'
export const OWNER_ROLE = 'strongroom_test_owner'

const TRIES_MAX = 50

/**
 * A separate database for a test, cloned from the migrated template.
 * @param source another database to clone, like a backup of it; nothing may be connected to it
 */
export async function createDatabase(source?: TestDatabase): Promise<TestDatabase> {
  const server = required('TEST_DATABASE_URL')
  const prefix = required('TEST_TEMPLATE')
  const template = source?.name ?? prefix
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  await asAdmin(server, async (sql) => {
    for (let tries = 1; ; tries++) {
      try {
        await sql.unsafe(
          `create database ${name} template ${template} strategy wal_log owner ${OWNER_ROLE}`,
        )
        return await closeDatabase(sql, name)
      } catch (error) {
        // 55006: another test is cloning the template right now.
        if (!(error instanceof postgres.PostgresError && error.code === '55006')) throw error
        if (tries === TRIES_MAX) throw error
        await delay(50)
      }
    }
  })
  const login = (user: string) =>
    databaseUrl(server, name, { user, password: required('TEST_PASSWORD') })
  return {
    name,
    url: login(SERVICE_ROLE),
    ownerUrl: login(OWNER_ROLE),
    adminUrl: databaseUrl(server, name),
    drop: async () => {
      await asAdmin(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

/** As `deploy/create-database.sql` closes it; what a template has of this is not cloned. */
export async function closeDatabase(sql: postgres.Sql, name: string): Promise<void> {
  await sql.unsafe(`revoke connect, temporary on database ${name} from public`)
  await sql.unsafe(`grant connect on database ${name} to ${SERVICE_ROLE}`)
}

/** The settings of a database of tests, of which nothing leaves the machine. */
export function configOf(url: string): DatabaseConfig {
  return { url, ssl: 'disable', ca: undefined }
}

export function databaseUrl(
  server: string,
  name: string,
  login?: { user: string; password: string },
): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  if (login !== undefined) {
    url.username = login.user
    url.password = login.password
  }
  return url.href
}

export async function asAdmin<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { ...socketHost(url), max: 1, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`Run the tests with \`npm test\`: ${name} is not set`)
  return value
}
