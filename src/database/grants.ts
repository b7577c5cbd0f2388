import type postgres from 'postgres'
import { type Privilege, SCHEMAS, describePrivilege, privilegesOf } from './privileges.ts'

type Sql = postgres.Sql | postgres.TransactionSql

/**
 * Gives a role exactly what the list says, as far as there are such tables and columns yet, and takes what else it
 * was given. Does nothing where that is so already.
 * @param sql as the owner of the tables
 * @param role not the owner
 */
export async function grantTo(sql: Sql, role: string): Promise<void> {
  const relations = await sql<{ schema: string; table: string; kind: string; columns: string }[]>`
    select n.nspname as schema, c.relname as table, c.relkind as kind,
      array_to_string(array(
        select attname from pg_attribute where attrelid = c.oid and not attisdropped
      ), ',') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
      and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')`
  const actual = await grantedTo(sql, role)
  const wanted = privilegesOf()
  const statements: string[] = []
  for (const { schema, table, kind, columns } of relations) {
    const isThere = new Set<string | null>([null, ...columns.split(',')])
    const isThis = (one: Privilege) =>
      one.schema === schema && one.table === table && isThere.has(one.column)
    const now = actual.filter(isThis)
    const list = wanted.filter(isThis)
    if (isSame(now, list)) continue
    const what = `${kind === 'S' ? 'sequence ' : ''}${quoted(schema)}.${quoted(table)}`
    if (now.length > 0) statements.push(`revoke all on ${what} from ${quoted(role)}`)
    for (const { act, column } of list) {
      const of = column === null ? '' : ` (${quoted(column)})`
      statements.push(`grant ${act}${of} on ${what} to ${quoted(role)}`)
    }
  }
  statements.push(...(await schemaStatements(sql, role)), ...(await queueStatements(sql)))
  for (const statement of statements) await sql.unsafe(statement)
}

/** What a role itself was given, on tables, views and sequences and their columns. */
async function grantedTo(sql: Sql, role: string): Promise<Privilege[]> {
  return sql<Privilege[]>`
    with relations as (
      select n.nspname, c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
    ), grantee as (select oid from pg_roles where rolname = ${role})
    select c.nspname as schema, c.relname as table, g.privilege_type as act, null as column
    from relations c, aclexplode(c.relacl) g
    where g.grantee = (select oid from grantee)
    union all
    select c.nspname, c.relname, g.privilege_type, a.attname
    from relations c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
    where not a.attisdropped and g.grantee = (select oid from grantee)`
}

/** By what it was given itself, or as everybody: what it has as a member of another role may end. */
async function schemaStatements(sql: Sql, role: string): Promise<string[]> {
  const rows = await sql<{ name: string; may_use: boolean; may_create: boolean }[]>`
    with grantee as (select oid from pg_roles where rolname = ${role})
    select nspname as name,
      exists (
        select from aclexplode(nspacl) g
        where g.privilege_type = 'USAGE' and g.grantee in (0, (select oid from grantee))
      ) as may_use,
      exists (
        select from aclexplode(nspacl) g
        where g.privilege_type = 'CREATE' and g.grantee = (select oid from grantee)
      ) as may_create
    from pg_namespace where nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))`
  return rows.flatMap(({ name, may_use: mayUse, may_create: mayCreate }) => [
    ...(mayCreate ? [`revoke create on schema ${quoted(name)} from ${quoted(role)}`] : []),
    ...(mayUse ? [] : [`grant usage on schema ${quoted(name)} to ${quoted(role)}`]),
  ])
}

/**
 * The job queue's own migrations close its tables, by row level security without a policy, to all but
 * their owner. What others may do with them is said by the privileges above.
 */
async function queueStatements(sql: Sql): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'graphile_worker' and c.relrowsecurity
      and not exists (select from pg_policy where polrelid = c.oid)`
  return tables.map(
    ({ name }) =>
      `create policy by_privileges on graphile_worker.${quoted(name)} using (true) with check (true)`,
  )
}

function isSame(some: readonly Privilege[], others: readonly Privilege[]): boolean {
  const names = new Set(some.map(describePrivilege))
  return names.size === others.length && others.every((one) => names.has(describePrivilege(one)))
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
