/**
 * PostgreSQL array literals (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO): a whole
 * batch becomes a handful of parameters. The statement casts them: `${array(ids)}::bigint[]`.
 */
export function array(values: readonly Element[]): string {
  return column(values, (value) => value)
}

type Element = string | bigint | boolean | Date | Buffer | null

/** An array literal with one column of many rows. */
export function column<Row>(rows: readonly Row[], pick: (row: Row) => Element): string {
  let literal = ''
  for (const row of rows) literal += `${literal === '' ? '{' : ','}${element(pick(row))}`
  return literal === '' ? '{}' : `${literal}}`
}

/** A column as `jsonb[]`; null becomes SQL's null. */
export function jsonColumn<Row>(rows: readonly Row[], pick: (row: Row) => unknown): string {
  return column(rows, (row) => {
    const value = pick(row)
    return value === null ? null : JSON.stringify(value)
  })
}

const SPECIAL = /[\\"]/

function element(value: Element): string {
  if (value === null) return 'NULL'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return `"${value.toISOString()}"`
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`
  return SPECIAL.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : `"${value}"`
}
