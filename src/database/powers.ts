import type postgres from 'postgres'
import { PRIVILEGES, SCHEMAS, describePrivilege, privilegesOf } from './privileges.ts'

/** Roles of PostgreSQL's own that let their members read what the server does, and change nothing. */
const HARMLESS_ROLES = [
  'pg_monitor',
  'pg_read_all_settings',
  'pg_read_all_stats',
  'pg_stat_scan_tables',
]

const NAMED_MAX = 5

/** What a role can do to the tables beyond their use, in words, and what it lacks for that. */
export interface Powers {
  /** Whether it can alter, drop or disable what is there: it owns it, or can become who does. */
  altering: string[]
  /** Privileges that it has, itself or as everybody, and that the list does not. */
  excess: string[]
  lacking: string[]
}

/** Of the role that asks. */
export async function powersOf(sql: postgres.Sql): Promise<Powers> {
  const attributes = await attributesOf(sql)
  // To a superuser every question below is true.
  if (attributes.includes('is a superuser')) {
    return { altering: attributes, excess: [], lacking: [] }
  }
  const [memberships, owned, makes, settings] = [
    await membershipsOf(sql),
    await ownedBy(sql),
    await creatingOf(sql),
    await settingsOf(sql),
  ]
  // An owner can make things in what it owns.
  const rest = owned.length > 0 ? [] : makes
  const altering = [...attributes, ...memberships, ...owned, ...rest, ...settings]
  return { altering, ...(owned.length > 0 ? { excess: [], lacking: [] } : await usesOf(sql)) }
}

async function attributesOf(sql: postgres.Sql): Promise<string[]> {
  const [row] = await sql<{ super: boolean; createrole: boolean }[]>`
    select rolsuper as super, rolcreaterole as createrole
    from pg_roles where rolname = current_user`
  return [
    ...(row?.super === true ? ['is a superuser'] : []),
    ...(row?.createrole === true ? ['can make roles'] : []),
  ]
}

/** Roles that can do such things everywhere; what others own is found as owned. */
async function membershipsOf(sql: postgres.Sql): Promise<string[]> {
  // The owner of the database is a member of pg_database_owner, which is said of the database.
  const harmless = ['pg_database_owner', ...HARMLESS_ROLES].join(',')
  const rows = await sql<{ name: string }[]>`
    select rolname as name from pg_roles
    where pg_has_role(oid, 'MEMBER') and rolname <> current_user
      and (rolsuper or rolcreaterole or rolname ~ '^pg_')
      and rolname <> all(string_to_array(${harmless}, ','))
    order by 1`
  return rows.map(({ name }) => `is a member of ${name}`)
}

/** Whatever is of this database, and the database. */
async function ownedBy(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    with mine as (select oid from pg_roles where pg_has_role(oid, 'MEMBER'))
    select 'the database' as what from pg_database
    where datname = current_database() and datdba in (select oid from mine)
    union all
    select 'the schema ' || nspname from pg_namespace where nspowner in (select oid from mine)
      and nspname !~ '^pg_(toast_)?temp_'
    union all
    select oid::regclass::text from pg_class
    where relowner in (select oid from mine) and relkind not in ('i', 'I', 't', 'c')
      and relpersistence <> 't'
    union all
    select oid::regprocedure::text from pg_proc where proowner in (select oid from mine)`
  if (rows.length === 0) return []
  const names = rows.slice(0, NAMED_MAX).map(({ what }) => what)
  const rest = rows.length > NAMED_MAX ? ` and ${rows.length - NAMED_MAX} more` : ''
  return [`owns ${names.join(', ')}${rest}`]
}

async function creatingOf(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    select 'the database' as what where has_database_privilege(current_database(), 'CREATE')
    union all
    select 'the schema ' || nspname from pg_namespace
    where nspname !~ '^pg_' and has_schema_privilege(oid, 'CREATE')`
  return rows.map(({ what }) => `can make things in ${what}`)
}

/** With this one it could switch off all triggers for itself. */
async function settingsOf(sql: postgres.Sql): Promise<string[]> {
  const [row] = await sql<{ may: boolean }[]>`
    select has_parameter_privilege('session_replication_role', 'SET') as may`
  return row?.may === true ? ['can set session_replication_role'] : []
}

/** What it really may do, however it came by it, against the list. */
async function usesOf(sql: postgres.Sql): Promise<Pick<Powers, 'excess' | 'lacking'>> {
  const names = Object.keys(PRIVILEGES).map((name) =>
    name.includes('.') ? name : `public.${name}`,
  )
  const tables = await sql<{ schema: string; table: string; acts: string; columns: string }[]>`
    select n.nspname as schema, c.relname as table,
      array_to_string(array(
        select act from unnest(array[
          'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'
        ]) act where has_table_privilege(c.oid, act)
      ), ',') as acts,
      array_to_string(array(
        select a.attname from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and not has_table_privilege(c.oid, 'UPDATE')
          and has_column_privilege(c.oid, a.attnum, 'UPDATE')
      ), ',') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
      and n.nspname || '.' || c.relname = any(string_to_array(${names.join(',')}, ','))`
  const actual = tables.flatMap(({ schema, table, acts, columns }) => [
    ...listed(acts).map((act) => ({ schema, table, act, column: null })),
    ...listed(columns).map((column) => ({ schema, table, act: 'UPDATE', column })),
  ])
  const closed = await sql<{ name: string }[]>`
    select nspname as name from pg_namespace
    where nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
      and not has_schema_privilege(oid, 'USAGE')`
  const has = new Set(actual.map(describePrivilege))
  const needs = new Set(privilegesOf().map(describePrivilege))
  return {
    excess: [...has].filter((one) => !needs.has(one)),
    lacking: [
      ...closed.map(({ name }) => `USAGE on the schema ${name}`),
      ...[...needs].filter((one) => !has.has(one)),
    ],
  }
}

function listed(text: string): string[] {
  return text === '' ? [] : text.split(',')
}
