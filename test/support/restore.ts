import { type TestDatabase, asAdmin } from './database.ts'

/**
 * Puts a backup in the place of a database, whose last state is lost. Services that run meanwhile
 * lose their connections, and find the backup when they connect again.
 */
export async function restoreOver(live: TestDatabase, backup: TestDatabase): Promise<void> {
  const server = new URL(live.adminUrl)
  server.pathname = new URL(process.env['TEST_DATABASE_URL'] ?? '').pathname
  const lost = `${live.name}_lost`
  await asAdmin(server.href, async (sql) => {
    await sql.unsafe(`alter database ${live.name} with allow_connections false`)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${live.name}`
    await sql.unsafe(`alter database ${live.name} rename to ${lost}`)
    await sql.unsafe(`alter database ${backup.name} rename to ${live.name}`)
    await sql.unsafe(`drop database ${lost} with (force)`)
  })
}
