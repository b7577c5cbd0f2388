import type postgres from 'postgres'
import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import { SCHEMAS } from './privileges.ts'

/** The two URLs do not lead to an owner of the tables and a user of them. */
export class WrongRoles extends Error {}

/**
 * The role of DATABASE_URL, by the server's own word: a pooler may have it log in under another name.
 * @param owner a session that holds an advisory lock, which shows that both are in one database
 * @returns null where it is the owner itself
 * @throws WrongRoles
 */
export async function serviceRole(
  owner: postgres.Sql,
  service: DatabaseConfig,
  lockKey: number,
): Promise<string | null> {
  const sql = connect(service, { name: 'migrate', connectionsMax: 1 })
  try {
    const [me] = await owner<{ name: string; pid: number }[]>`
      select current_user as name, pg_backend_pid() as pid`
    const [other] = await sql<{ name: string; is_here: boolean }[]>`
      select current_user as name, exists (
        select from pg_locks where locktype = 'advisory' and granted and objid = ${lockKey}
          and pid = ${me?.pid ?? 0}
          and database = (select oid from pg_database where datname = current_database())
      ) as is_here`
    if (other?.is_here !== true) {
      throw new WrongRoles('MIGRATION_DATABASE_URL and DATABASE_URL name different databases.')
    }
    if (other.name === me?.name) return null
    await requireOwner(owner)
    return other.name
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** As where the service's role has made the tables before there were two. */
async function requireOwner(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<{ owner: string | null }[]>`
    select min(pg_get_userbyid(c.relowner)) as owner
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(string_to_array(${SCHEMAS.join(',')}, ',')) and c.relkind in ('r', 'v')
      and not pg_has_role(c.relowner, 'USAGE')
      and not exists (select from pg_depend where objid = c.oid and deptype = 'e')`
  const owner = row?.owner ?? null
  if (owner === null) return
  throw new WrongRoles(
    `The tables belong to the role ${owner}, and not to that of MIGRATION_DATABASE_URL: ` +
      'deploy/two-roles.sql makes them over.',
  )
}
