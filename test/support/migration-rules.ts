import type { AlterTableCmd, ColumnDef, Constraint, DropStmt, Node } from '@pgsql/types'
import { loadModule, parseSync } from 'libpg-query'

await loadModule()

/** Functions whose result is known, without a server, to be the same for every row. */
const STABLE_FUNCTIONS = new Set(['now', 'transaction_timestamp', 'current_timestamp'])

/**
 * Finds what in a migration would stop a running service: a lock that is held while a table is read
 * or rewritten, or a change with which the previous version can't work. MIGRATIONS.md in
 * src/database/ has the rules. A statement passes with a line `-- safe: <why>` above it, and on
 * tables of the same migration.
 * @param text a file of `drizzle/`
 */
export function findDangers(text: string): string[] {
  const made = new Set<string>()
  const parts = text.split('--> statement-breakpoint').map((part) => ({
    isExcused: /^-- safe: \S/m.test(part),
    nodes: (parseSync(part).stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt])),
  }))
  const nodes = parts.flatMap((part) => part.nodes)
  for (const node of nodes) {
    if ('CreateStmt' in node) made.add(node.CreateStmt.relation?.relname ?? '')
  }
  const dangers = parts
    .filter((part) => !part.isExcused)
    .flatMap((part) => part.nodes.flatMap((node) => dangersOf(node, made)))
  return [...dangers, ...dangersTogether(nodes)]
}

function dangersOf(node: Node, made: ReadonlySet<string>): string[] {
  if ('IndexStmt' in node) {
    const { idxname, relation, concurrent } = node.IndexStmt
    if (concurrent === true || made.has(relation?.relname ?? '')) return []
    return [
      `CREATE INDEX ${idxname ?? ''} stops writing: build it CONCURRENTLY, in a migration of its own`,
    ]
  }
  if ('AlterTableStmt' in node) {
    const { relation, cmds } = node.AlterTableStmt
    const table = relation?.relname ?? ''
    if (made.has(table)) return []
    return (cmds ?? []).flatMap((cmd) =>
      'AlterTableCmd' in cmd
        ? dangersOfChange(cmd.AlterTableCmd).map((danger) => `${table}: ${danger}`)
        : [],
    )
  }
  if ('RenameStmt' in node) return ['RENAME: the version that runs does not know the new name']
  if (
    'DropStmt' in node &&
    ['OBJECT_TABLE', 'OBJECT_VIEW'].includes(node.DropStmt.removeType ?? '')
  ) {
    return ['DROP: the version that runs may use it']
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX') {
    return node.DropStmt.concurrent === true
      ? []
      : ['DROP INDEX stops everything on its table: CONCURRENTLY']
  }
  const changed = changedTable(node)
  if (changed !== undefined && !made.has(changed)) {
    return [
      `${changed}: rows are changed while locks are held; do it in batches, outside of migrations`,
    ]
  }
  for (const name of ['TruncateStmt', 'ClusterStmt', 'ReindexStmt', 'LockStmt']) {
    if (name in node)
      return [`${name.replace('Stmt', '').toUpperCase()} stops everything on its table`]
  }
  return []
}

function changedTable(node: Node): string | undefined {
  if ('UpdateStmt' in node) return node.UpdateStmt.relation?.relname ?? ''
  if ('DeleteStmt' in node) return node.DeleteStmt.relation?.relname ?? ''
  return undefined
}

const REWRITES = new Set([
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetTableSpace',
  'AT_SetAccessMethod',
])

function dangersOfChange({ subtype = 'AT_AddColumn', name = '', def = {} as Node }: AlterTableCmd) {
  if (subtype === 'AT_AddColumn' && 'ColumnDef' in def) return dangersOfColumn(def.ColumnDef)
  if (subtype === 'AT_AddConstraint' && 'Constraint' in def) {
    return dangersOfConstraint(def.Constraint)
  }
  if (subtype === 'AT_AlterColumnType') {
    return [`the type of ${name}: rewrites the table; add a column, and copy in batches`]
  }
  if (subtype === 'AT_SetNotNull') {
    return [`NOT NULL of ${name}: reads the table; validate CHECK (… IS NOT NULL) before`]
  }
  if (subtype === 'AT_DropColumn') {
    return [`DROP COLUMN ${name}: the version that runs may use it`]
  }
  return REWRITES.has(subtype) ? ['rewrites the table'] : []
}

function dangersOfColumn({ colname = '', constraints = [] }: ColumnDef): string[] {
  const all = constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const has = (type: Constraint['contype']) => all.some(({ contype }) => contype === type)
  const defaults = all.filter(({ contype }) => contype === 'CONSTR_DEFAULT')
  if (has('CONSTR_IDENTITY') || has('CONSTR_GENERATED') || defaults.some(isDifferentForRows)) {
    return [
      `${colname} has another value in each row: rewrites the table; add it first, give values later`,
    ]
  }
  if (has('CONSTR_NOTNULL') && defaults.length === 0) {
    return [`${colname} is NOT NULL without a default: the version that runs does not fill it`]
  }
  return all.flatMap((constraint) => dangersOfConstraint(constraint))
}

/** Whether it calls functions, other than those with the same result throughout a statement. */
function isDifferentForRows({ raw_expr: expression }: Constraint): boolean {
  const calls = [...JSON.stringify(expression ?? {}).matchAll(/"funcname":(\[.*?\])/g)]
  return calls.some(([, names = '']) => {
    const last = [...names.matchAll(/"sval":"([^"]*)"/g)].at(-1)?.[1] ?? ''
    return !STABLE_FUNCTIONS.has(last)
  })
}

function dangersOfConstraint(constraint: Constraint): string[] {
  const { contype, conname = '', skip_validation: isUnchecked, indexname } = constraint
  const reads = contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN'
  if (reads && isUnchecked !== true) {
    return [`${conname} reads the table: add it NOT VALID, and VALIDATE it in the next migration`]
  }
  const builds = ['CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_EXCLUSION'].includes(contype ?? '')
  if (builds && indexname === undefined) {
    return [
      `${conname} builds an index: build it CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX`,
    ]
  }
  return []
}

/** Dangers that arise only in combination, in one transaction or outside of any. */
function dangersTogether(nodes: readonly Node[]): string[] {
  const dangers: string[] = []
  const beside = nodes.filter(isConcurrent)
  if (beside.length > 0 && beside.length < nodes.length) {
    dangers.push(
      'CONCURRENTLY runs outside of transactions: keep other statements out of this migration',
    )
  }
  const dropped = new Set<string>()
  for (const node of beside) {
    if ('DropStmt' in node) droppedNames(node.DropStmt).forEach((name) => dropped.add(name))
    else if ('IndexStmt' in node && !dropped.has(node.IndexStmt.idxname ?? '')) {
      dangers.push(
        `${node.IndexStmt.idxname ?? ''}: a build that fails leaves half an index; begin with DROP INDEX CONCURRENTLY IF EXISTS`,
      )
    }
  }
  const validates = nodes.filter(isValidation)
  if (validates.length > 0 && validates.length < nodes.length) {
    dangers.push(
      'VALIDATE CONSTRAINT beside others keeps their locks while it reads: a migration of its own',
    )
  }
  return dangers
}

function droppedNames({ objects = [] }: DropStmt): string[] {
  return objects.flatMap((object) => {
    const last = 'List' in object ? object.List.items?.at(-1) : undefined
    return last !== undefined && 'String' in last ? [last.String.sval ?? ''] : []
  })
}

function isConcurrent(node: Node): boolean {
  return (
    ('IndexStmt' in node && node.IndexStmt.concurrent === true) ||
    ('DropStmt' in node && node.DropStmt.concurrent === true)
  )
}

function isValidation(node: Node): boolean {
  return (
    'AlterTableStmt' in node &&
    (node.AlterTableStmt.cmds ?? []).every(
      (cmd) => 'AlterTableCmd' in cmd && cmd.AlterTableCmd.subtype === 'AT_ValidateConstraint',
    )
  )
}
