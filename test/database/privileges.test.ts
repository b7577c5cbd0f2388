import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { powersOf } from '../../src/database/powers.ts'
import {
  PRIVILEGES,
  SCHEMAS,
  describePrivilege,
  privilegesOf,
} from '../../src/database/privileges.ts'
import { asAdmin, createDatabase } from '../support/database.ts'

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('client'))
  .map((name) => readFileSync(join('src', name), 'utf8'))

/** Those of the queue are written by its library, and the rest is never written by the service. */
const OWN = Object.keys(PRIVILEGES).filter((name) => !name.includes('.'))

/** What functions of the database add to, with the rights of their caller: most of them by triggers. */
const WRITTEN_BY_FUNCTIONS = [
  'audit_queue',
  'auto_top_up_intents',
  'base_plans_past',
  'plan_prices_past',
  'plans_past',
  'subscriptions_past',
]

/** Tables by the names that the code has for them. */
const NAMES = new Map(
  SOURCES.flatMap((text) =>
    [...text.matchAll(/export const (\w+) = pgTable\(\s*'(\w+)'/g)].map(
      ([, variable = '', name = '']) => [variable, name] as const,
    ),
  ),
)

/** What the statements of the code do with which tables, as `ACT table`. */
function usesInCode(): Set<string> {
  const uses = new Set<string>()
  const add = (act: string, name: string | undefined) => {
    if (name !== undefined && name in PRIVILEGES) uses.add(`${act} ${name}`)
  }
  const tableOf = (text: string) => NAMES.get(/^\$\{(\w+)\}$/.exec(text)?.[1] ?? '') ?? text
  for (const text of SOURCES) {
    for (const [, name = ''] of text.matchAll(/insert into (\w+|\$\{\w+\})/gi)) {
      add('INSERT', tableOf(name))
    }
    for (const [, name = ''] of text.matchAll(/delete from (\w+|\$\{\w+\})/gi)) {
      add('DELETE', tableOf(name))
    }
    for (const [, name = ''] of text.matchAll(/update (\w+|\$\{\w+\})(?: (?:as )?\w+)? set\b/gi)) {
      add('UPDATE', tableOf(name))
    }
    for (const [, name = ''] of text.matchAll(
      /insert into (\w+|\$\{\w+\})(?:(?!insert into)[^`])*?do update/gi,
    )) {
      add('UPDATE', tableOf(name))
    }
    for (const [, act = '', name = ''] of text.matchAll(/\.(insert|update|delete)\((\w+)\)/g)) {
      add(act.toUpperCase(), NAMES.get(name))
    }
    for (const [, name = ''] of text.matchAll(
      /\.insert\((\w+)\)(?:(?!\.insert\()[^;])*?onConflictDoUpdate/g,
    )) {
      add('UPDATE', NAMES.get(name))
    }
    for (const [, name] of text.matchAll(/forgetRowsOf\('(\w+)'\)/g)) {
      add('DELETE', name)
      add('UPDATE', name)
    }
    // A lock of rows needs the right to change them.
    for (const [, name] of text.matchAll(/from (\w+)\b[^`]*?for (?:no key )?(?:update|share)/gi)) {
      add('UPDATE', name)
    }
  }
  return uses
}

test('the list has what the code does with each table, and nothing else', () => {
  const written = privilegesOf()
    .filter(({ schema, act }) => schema === 'public' && act !== 'SELECT')
    .map(({ act, table }) => `${act} ${table}`)
  const uses = usesInCode()
  for (const name of WRITTEN_BY_FUNCTIONS) uses.add(`INSERT ${name}`)
  assert.deepEqual([...new Set(written)].toSorted(), [...uses].toSorted())
  for (const name of OWN) assert.match(PRIVILEGES[name] ?? '', /^select\b/, name)
})

test('the service’s role may do what the list says and nothing else, in every schema', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const { powers, relations, open, definers } = await asAdmin(database.url, async (sql) => ({
    powers: await powersOf(sql),
    relations: await sql<{ name: string }[]>`
      select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
        and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`,
    open: await sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c, aclexplode(c.relacl) g
      where g.grantee = 0 and c.relnamespace in (
        select oid from pg_namespace where nspname = any(string_to_array(${SCHEMAS.join(',')}, ','))
      )`,
    definers: await sql<{ name: string }[]>`
      select oid::regprocedure::text as name from pg_proc
      where prosecdef and pronamespace::regnamespace::text <> all(array['pg_catalog', 'information_schema'])`,
  }))
  assert.deepEqual(powers, { altering: [], excess: [], lacking: [] })
  assert.deepEqual(
    relations.map(({ name }) => name).filter((name) => !(name in PRIVILEGES)),
    [],
    'is not in src/database/privileges.ts',
  )
  assert.deepEqual([...open], [], 'everyone may use it')
  assert.deepEqual([...definers], [], 'gives its caller the rights of its owner')
  assert.equal(new Set(privilegesOf().map(describePrivilege)).size, privilegesOf().length)
})
