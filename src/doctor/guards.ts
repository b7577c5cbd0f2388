import type postgres from 'postgres'
import { powersOf } from '../database/powers.ts'
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

const NAMED_MAX = 5

/** Every trigger of the schema. */
export function triggersOf(examinables: readonly Examinable[]): string[] {
  return [...AUDIT_TRIGGERS, ...examinables.flatMap(({ triggers: own = [] }) => own)].toSorted()
}

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

const TWO_ROLES = 'give the tables an owner of their own: deploy/README.md, "From one role to two"'

/** Whether the role of the service can do no more than use the tables. */
export async function privileges(sql: postgres.Sql): Promise<Line[]> {
  const { altering, excess, lacking } = await powersOf(sql)
  const lines: Line[] = []
  if (altering.length > 0) {
    const reason = `the role of DATABASE_URL can alter or drop what is there: it ${altering.join(', ')}`
    lines.push(failure('privileges', reason, TWO_ROLES))
  }
  if (excess.length > 0) {
    const reason = `the role of DATABASE_URL has more than it needs: ${some(excess)}`
    const advice = '`strongroom migrate` revokes it; from PUBLIC or another role, revoke it there'
    lines.push(failure('privileges', reason, advice))
  }
  if (lacking.length > 0) {
    const reason = `the role of DATABASE_URL lacks what it needs: ${some(lacking)}`
    lines.push(failure('privileges', reason, '`strongroom migrate` grants it'))
  }
  if (lines.length > 0) return lines
  return [pass('privileges', 'the role owns nothing and may do what it needs, table by table')]
}

function some(all: readonly string[]): string {
  const rest = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : ''
  return `${all.slice(0, NAMED_MAX).join(', ')}${rest}`
}
