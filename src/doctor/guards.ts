import type postgres from 'postgres'
import { type Examinable, type Facts, type Line, failure, pass } from './check.ts'

/** Triggers that keep the audit log unchanged; capabilities name their own. */
const AUDIT_TRIGGERS = [
  'audit_checkpoints_never_change',
  'audit_places_never_change',
  'audit_records_never_change',
  'audit_records_queued',
  'audit_terms_never_change',
  'audit_tiles_never_go',
  'audit_tiles_only_grow',
] as const

/** Every trigger of the schema. */
export function triggersOf(examinables: readonly Examinable[]): string[] {
  return [...AUDIT_TRIGGERS, ...examinables.flatMap(({ triggers: own = [] }) => own)].toSorted()
}

const APPEND_ONLY = [
  'transfers',
  'audit_records',
  'audit_places',
  'audit_terms',
  'audit_checkpoints',
] as const

const GROWING = ['audit_tiles'] as const

/** Privileges that the service's role, although it owns the tables, must not have. */
const FORBIDDEN = [
  ...APPEND_ONLY.flatMap((table) => ['UPDATE', 'DELETE', 'TRUNCATE'].map((one) => [table, one])),
  ...GROWING.flatMap((table) => ['DELETE', 'TRUNCATE'].map((one) => [table, one])),
]

/** Columns of a transfer that never change, not even when a person is erased. */
const MONEY = ['amount', 'kind', 'asset', 'balance_after', 'debit_account_id', 'credit_account_id']

export async function triggers(
  { examinables }: Pick<Facts, 'examinables'>,
  sql: postgres.Sql,
): Promise<Line> {
  const rows = await sql<{ name: string }[]>`
    select tgname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where tgenabled in ('O', 'A') and c.relnamespace = current_schema()::regnamespace`
  const enabled = new Set(rows.map(({ name }) => name))
  const missing = triggersOf(examinables).filter((name) => !enabled.has(name))
  if (missing.length === 0)
    return pass('guards', 'triggers keep the ledger and the audit log as written')
  const advice = 'alter table … enable trigger …, and find out who switched it off'
  return failure('guards', `gone or switched off: ${missing.join(', ')}`, advice)
}

export async function privileges(sql: postgres.Sql): Promise<Line> {
  const tables = FORBIDDEN.map(([table]) => table).join(',')
  const acts = FORBIDDEN.map(([, act]) => act).join(',')
  const rows = await sql<{ what: string }[]>`
    select act || ' on ' || name as what
    from unnest(string_to_array(${tables}, ','), string_to_array(${acts}, ',')) as one (name, act)
    where has_table_privilege(name, act)
    union all
    select 'UPDATE of transfers.' || name from unnest(string_to_array(${MONEY.join(',')}, ',')) as name
    where has_column_privilege('transfers', name, 'UPDATE')`
  if (rows.length === 0) return pass('privileges', 'the role may add to both, and not change them')
  const held = rows.map(({ what }) => what).join(', ')
  return failure('privileges', `the role has ${held}`, 'revoke it from the role')
}
