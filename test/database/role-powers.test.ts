import assert from 'node:assert/strict'
import { test } from 'node:test'
import type postgres from 'postgres'
import { SCHEMAS, privilegesOf } from '../../src/database/privileges.ts'
import { checkpointNow } from '../support/audit.ts'
import { OWNER_ROLE, SERVICE_ROLE, asAdmin } from '../support/database.ts'
import { type Service, startService } from '../support/service.ts'

/** What the service writes once: of these no row may change. */
const KEPT = [
  'transfers',
  'audit_records',
  'audit_places',
  'audit_terms',
  'audit_tiles',
  'audit_checkpoints',
  'drizzle.__drizzle_migrations',
  'graphile_worker.migrations',
]

interface Catalog {
  relations: { name: string; kind: string; columns: string[] }[]
  triggers: { name: string; on: string }[]
  functions: { signature: string; definition: string }[]
}

/** Everything that there is in the schemas, by its quoted name. */
async function catalogOf(sql: postgres.Sql): Promise<Catalog> {
  const schemas = SCHEMAS.join(',')
  const relations = await sql<{ name: string; kind: string; columns: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind,
      array_to_string(array(
        select quote_ident(attname) from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped
      ), ',') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(string_to_array(${schemas}, ',')) and c.relkind in ('r', 'v', 'S')`
  const triggers = await sql<{ name: string; on: string }[]>`
    select quote_ident(tgname) as name, tgrelid::regclass::text as on from pg_trigger
    where not tgisinternal`
  const functions = await sql<{ signature: string; definition: string }[]>`
    select oid::regprocedure::text as signature, pg_get_functiondef(oid) as definition
    from pg_proc where prokind = 'f'
      and pronamespace::regnamespace::text = any(string_to_array(${schemas}, ','))`
  const isSequence = ({ kind }: { kind: string }) => kind === 'S'
  assert.ok(relations.some(isSequence) && triggers.length > 5 && functions.length > 10)
  return {
    relations: relations.map((one) => ({ ...one, columns: one.columns.split(',') })),
    triggers: [...triggers],
    functions: [...functions],
  }
}

function againstTable(name: string, columns: readonly string[]): string[] {
  const [column = ''] = columns
  const alter = (...acts: string[]) => acts.map((act) => `alter table ${name} ${act}`)
  return [
    `delete from ${name}`,
    `truncate ${name}`,
    `truncate ${name} cascade`,
    ...columns.flatMap((one) => [
      `update ${name} set ${one} = default`,
      `update ${name} set ${one} = null`,
    ]),
    `merge into ${name} t using (select 1) s on true when matched then delete`,
    ...alter(
      'add column x int',
      `drop column ${column} cascade`,
      `alter column ${column} type text`,
      `alter column ${column} drop not null`,
      'disable trigger all',
      'disable trigger user',
      'force row level security',
      'disable row level security',
      'enable row level security',
      'owner to current_user',
      `rename to gone`,
      'set schema pg_temp',
      'set (fillfactor = 50)',
      'set unlogged',
      'replica identity nothing',
      `add check (false) not valid`,
    ),
    `drop table ${name} cascade`,
    `drop view ${name} cascade`,
    `create or replace view ${name} as select 1`,
    `create trigger mine before insert on ${name} for each row execute function refuse_change()`,
    `create rule mine as on insert to ${name} do instead nothing`,
    `create index on ${name} (${column})`,
    `create policy mine on ${name} using (false)`,
    `create table public.child () inherits (${name})`,
    `comment on table ${name} is 'mine'`,
    `grant all on ${name} to public`,
    `grant all on ${name} to current_user with grant option`,
    `revoke all on ${name} from ${OWNER_ROLE}`,
    `copy ${name} from program 'true'`,
    `copy ${name} from '/dev/null'`,
    `copy (select from ${name}) to program 'true'`,
    `security label on table ${name} is 'mine'`,
  ]
}

function againstSequence(name: string): string[] {
  return [
    `select setval('${name}', 1)`,
    `select nextval('${name}')`,
    `alter sequence ${name} restart`,
    `alter sequence ${name} owner to current_user`,
    `drop sequence ${name} cascade`,
    `grant all on sequence ${name} to public`,
  ]
}

function againstFunction({ signature, definition }: Catalog['functions'][number]): string[] {
  return [
    definition,
    `drop function ${signature} cascade`,
    `alter function ${signature} owner to current_user`,
    `alter function ${signature} rename to gone`,
    `alter function ${signature} security definer`,
    `alter function ${signature} set search_path = pg_temp`,
    `grant all on function ${signature} to public with grant option`,
  ]
}

function againstSchema(name: string): string[] {
  return [
    `create table ${name}.mine ()`,
    `create view ${name}.mine as select 1`,
    `create sequence ${name}.mine`,
    `create type ${name}.mine as (x int)`,
    `create function ${name}.now() returns timestamptz language sql as 'select null'`,
    `create function ${name}.mine() returns trigger language plpgsql as 'begin return null; end'`,
    `alter schema ${name} rename to gone`,
    `alter schema ${name} owner to current_user`,
    `drop schema ${name} cascade`,
    `comment on schema ${name} is 'mine'`,
    `grant create on schema ${name} to current_user`,
    `alter default privileges for role ${OWNER_ROLE} in schema ${name} grant all on tables to public`,
  ]
}

/** All but `drop owned by current_user`: it may give up what it has. */
function againstServer(database: string): string[] {
  const settings = ['session_replication_role', 'allow_system_table_mods', 'lo_compat_privileges']
  return [
    ...[OWNER_ROLE, 'postgres', 'pg_write_all_data', 'pg_database_owner'].flatMap((role) => [
      `set role ${role}`,
      `set session authorization ${role}`,
      `grant ${role} to current_user`,
      `reassign owned by ${role} to current_user`,
      `drop owned by ${role} cascade`,
      `alter role ${role} password 'mine'`,
    ]),
    ...settings.flatMap((name) => {
      const value = name === 'session_replication_role' ? 'replica' : 'on'
      return [
        `set ${name} = ${value}`,
        `set local ${name} = ${value}`,
        `do $$ begin perform set_config('${name}', '${value}', false); end $$`,
        `alter role current_user set ${name} = ${value}`,
        `alter database ${database} set ${name} = ${value}`,
        `alter system set ${name} = ${value}`,
      ]
    }),
    'alter role current_user superuser',
    'alter role current_user createrole bypassrls',
    'create role mine',
    `drop role ${SERVICE_ROLE}`,
    `alter database ${database} owner to current_user`,
    `grant all on database ${database} to current_user`,
    `drop database ${database}`,
    'create schema mine',
    'create schema authorization current_user',
    'create temporary table transfers ()',
    'create temporary view transfers as select 1',
    'create extension pg_trgm',
    "create function pg_temp.mine() returns int language sql as 'select 1'",
    'create event trigger mine on ddl_command_start execute function refuse_change()',
    'create publication mine for all tables',
    "load 'plpgsql'",
    'create language plperlu',
    'drop extension plpgsql cascade',
    "update pg_trigger set tgenabled = 'D'",
    'delete from pg_trigger',
    'update pg_class set relowner = current_user::regrole',
    'update pg_authid set rolsuper = true',
    "select pg_read_file('/etc/hostname')",
    "select lo_import('/etc/hostname')",
  ]
}

/** Everything that the database has beside rows, as text. */
async function structureOf(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select * from (
      select 'relation ' || concat_ws(' ', oid, relname, relnamespace, relkind, relowner, relacl,
        reloptions, relrowsecurity, relhasrules, relpersistence, relreplident) as text
      from pg_class where relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
      union all
      select 'column ' || concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, attacl)
      from pg_attribute join pg_class c on c.oid = attrelid
      where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
      union all
      select 'trigger ' || concat_ws(' ', oid, tgname, tgrelid, tgfoid, tgenabled) from pg_trigger
      union all
      select 'function ' || concat_ws(' ', oid, proname, proowner, prosecdef, proconfig, proacl, prosrc)
      from pg_proc where oid > 16383
      union all
      select 'schema ' || concat_ws(' ', oid, nspname, nspowner, nspacl) from pg_namespace
      where nspname !~ '^pg_(toast_)?temp'
      union all
      select 'rule ' || concat_ws(' ', oid, rulename, ev_class, ev_enabled) from pg_rewrite
      union all
      select 'policy ' || concat_ws(' ', oid, polname, polrelid) from pg_policy
      union all
      select 'constraint ' || concat_ws(' ', oid, conname, convalidated) from pg_constraint
      union all
      select 'comment ' || concat_ws(' ', objoid, description) from pg_description where objoid > 16383
      union all
      select 'default ' || concat_ws(' ', oid, defaclacl) from pg_default_acl
      union all
      select 'database ' || concat_ws(' ', datname, datdba, datacl) from pg_database
      where datname = current_database()
      union all
      select 'role ' || concat_ws(' ', rolname, rolsuper, rolcreaterole, rolbypassrls, rolconfig,
        array(select roleid::regrole::text from pg_auth_members where member = r.oid))
      from pg_roles r where rolname in (${OWNER_ROLE}, ${SERVICE_ROLE})
    ) as all_of_it order by 1`
  return rows.map(({ text }) => text)
}

async function rowsOf(sql: postgres.Sql): Promise<Record<string, string[]>> {
  const kept: Record<string, string[]> = {}
  for (const table of KEPT) {
    const rows = await sql.unsafe<{ text: string }[]>(
      `select t::text as text from ${table} t order by 1`,
    )
    assert.ok(rows.length > 0, `${table} has rows`)
    kept[table] = rows.map(({ text }) => text)
  }
  return kept
}

/** With something in each table that must be kept. */
async function scene(service: Service): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 500 })
  const deducted = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 5 })
  assert.equal(deducted.status, 200)
  await checkpointNow(service)
}

test('whatever SQL the service’s role tries, no transfer, audit row, trigger or table changes', async (t) => {
  const service = await startService(t)
  const { url, adminUrl, name } = service.database
  await scene(service)
  const see = () =>
    asAdmin(adminUrl, async (sql) => {
      return { rows: await rowsOf(sql), structure: await structureOf(sql) }
    })
  const before = await see()
  const catalog = await asAdmin(adminUrl, catalogOf)
  const statements = [
    ...catalog.relations.flatMap(({ name: one, kind, columns }) =>
      kind === 'S' ? againstSequence(one) : againstTable(one, columns),
    ),
    ...catalog.triggers.flatMap(({ name: one, on }) => [
      `drop trigger ${one} on ${on}`,
      `alter trigger ${one} on ${on} rename to gone`,
      `alter table ${on} disable trigger ${one}`,
      `alter table ${on} enable replica trigger ${one}`,
    ]),
    ...catalog.functions.flatMap(againstFunction),
    ...SCHEMAS.flatMap(againstSchema),
    ...againstServer(name),
  ]

  const succeeded: string[] = []
  const codes: Record<string, number> = {}
  await asAdmin(url, async (sql) => {
    for (const statement of statements) {
      try {
        await sql.unsafe(statement)
        succeeded.push(statement)
      } catch (error) {
        const { code } = error as { code: string }
        codes[code] = (codes[code] ?? 0) + 1
        if (code === '42601') throw new Error(`No SQL: ${statement}`, { cause: error })
      }
    }
  })
  t.diagnostic(
    `${statements.length} statements, ${succeeded.length} done: ${JSON.stringify(codes)}`,
  )
  assert.deepEqual(await see(), before)

  // What it was let do is to change rows of those tables whose rows it may change.
  const granted = new Set(
    privilegesOf().map(({ act, schema, table }) => `${act.toLowerCase()} ${schema}.${table}`),
  )
  const others = succeeded.filter((statement) => {
    // Without the right to grant, GRANT does nothing, with a warning.
    if (/^(grant|revoke) (all|create) on /.test(statement)) return false
    const [, act = '', table = ''] =
      /^(update|delete|merge)(?: from| into)? ([\w.]+)/.exec(statement) ?? []
    return !granted.has(`${act === 'merge' ? 'delete' : act} ${table}`)
  })
  assert.deepEqual(others, [])
})
