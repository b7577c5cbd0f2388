import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'

export interface TestDatabase {
  name: string
  /** Connects as the service's role, which owns the tables and is no superuser. */
  url: string
  /**
   * Connects as the role that created the database, which may revoke privileges and end connections.
   */
  adminUrl: string
  drop(): Promise<void>
}

/** The service's role in tests; `run.ts` creates it. */
export const SERVICE_ROLE = 'strongroom_test'

const TRIES_MAX = 50

/** A separate database for a test, cloned from the migrated template. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = required('TEST_DATABASE_URL')
  const template = required('TEST_TEMPLATE')
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await asAdmin(server, async (sql) => {
    for (let tries = 1; ; tries++) {
      try {
        return await sql.unsafe(
          `create database ${name} template ${template} strategy wal_log owner ${SERVICE_ROLE}`,
        )
      } catch (error) {
        // 55006: another test is cloning the template right now.
        if (!(error instanceof postgres.PostgresError && error.code === '55006')) throw error
        if (tries === TRIES_MAX) throw error
        await delay(50)
      }
    }
  })
  return {
    name,
    url: databaseUrl(server, name, { user: SERVICE_ROLE, password: required('TEST_PASSWORD') }),
    adminUrl: databaseUrl(server, name),
    drop: async () => {
      await asAdmin(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
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
