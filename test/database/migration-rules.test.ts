import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDangers } from '../support/migration-rules.ts'

const DANGEROUS: readonly [sql: string, danger: RegExp][] = [
  ['create index later on transfers (created_at)', /^CREATE INDEX later stops writing/],
  ['drop index transfers_target', /^DROP INDEX/],
  ['create index concurrently later on transfers (created_at)', /^later: a build that fails/],
  [
    'drop index concurrently if exists later; create index concurrently later on transfers (kind); select 1',
    /^CONCURRENTLY runs outside/,
  ],
  ['alter table accounts add column note text not null', /^accounts: note is NOT NULL without/],
  [
    'alter table accounts add column n bigint generated always as identity',
    /^accounts: n has another/,
  ],
  ["alter table accounts add column n text default 'a' || random()", /^accounts: n has another/],
  ['alter table accounts add column n text unique', /^accounts: .* builds an index/],
  [
    'alter table accounts add column n bigint references plans (id)',
    /^accounts: .* reads the table/,
  ],
  [
    'alter table accounts alter column tier set data type varchar(9)',
    /^accounts: the type of tier/,
  ],
  ['alter table accounts alter column tier set not null', /^accounts: NOT NULL of tier/],
  ['alter table accounts add constraint c check (seq >= 0)', /^accounts: c reads the table/],
  ['alter table accounts add constraint c unique (asset)', /^accounts: c builds an index/],
  [
    'alter table accounts add column n text; alter table accounts validate constraint c',
    /^VALIDATE CONSTRAINT beside others/,
  ],
  ['alter table accounts drop column tier', /^accounts: DROP COLUMN tier/],
  ['alter table accounts rename column tier to level', /^RENAME/],
  ['drop table plans', /^DROP/],
  ["update accounts set tier = 'pro'", /^accounts: rows are changed/],
  ['delete from accounts', /^accounts: rows are changed/],
  ['truncate usage_reports', /^TRUNCATE/],
  ['lock table accounts', /^LOCK/],
]

const HARMLESS = [
  'create table notes (id bigint primary key, text text not null); create index on notes (text)',
  'create table notes (id bigint); alter table notes add constraint n foreign key (id) references accounts (id)',
  'alter table accounts add column note text, add column at timestamptz not null default now()',
  "alter table accounts add column n bigint not null default 0, add column t text default 'x'",
  'alter table accounts add constraint c check (seq >= 0) not valid',
  'alter table accounts validate constraint c',
  'drop index concurrently if exists later; create index concurrently later on transfers (kind)',
  'alter table accounts add constraint c unique using index later',
  'alter table accounts alter column tier drop not null',
  'create function f() returns int language sql as $$ select 1 $$',
  '-- safe: a table of a few rows\ndelete from usage_retention',
]

test('a migration that would stop a running service is refused', () => {
  for (const [sql, danger] of DANGEROUS) {
    const dangers = findDangers(sql)
    assert.equal(dangers.length, 1, `${sql}: ${dangers.join('; ') || 'nothing'}`)
    assert.match(dangers[0] ?? '', danger, sql)
  }
})

test('one that would not is not', () => {
  for (const sql of HARMLESS) assert.deepEqual(findDangers(sql), [], sql)
})

test('a reason excuses its own statement and no other', () => {
  const excused = '-- safe: nobody reads it since 0.2\nalter table accounts drop column tier;'
  const text = `${excused}\n--> statement-breakpoint\nalter table accounts drop column asset;`
  assert.deepEqual(
    findDangers(text).map((danger) => danger.split(':')[1]),
    [' DROP COLUMN asset'],
  )
})
