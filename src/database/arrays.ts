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
  let literal = ''
  for (const row of rows) {
    const value = pick(row)
    // JSON in JSON: the array escapes the same two characters, and JSON has no others left to escape.
    const json = value === null ? 'NULL' : JSON.stringify(JSON.stringify(value))
    literal += `${literal === '' ? '{' : ','}${json}`
  }
  return literal === '' ? '{}' : `${literal}}`
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
