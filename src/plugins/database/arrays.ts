/**
 * PostgreSQL array literals (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO), so that
 * a whole batch is a handful of parameters. The statement casts them: `${array(ids)}::bigint[]`.
 */
export function array(values: readonly (string | bigint | null)[]): string {
  return `{${values.map(element).join(',')}}`
}

/** Elements of `jsonb[]`; null is SQL's null. */
export function jsonArray(values: readonly unknown[]): string {
  return array(values.map((value) => (value === null ? null : JSON.stringify(value))))
}

function element(value: string | bigint | null): string {
  if (value === null) return 'NULL'
  if (typeof value === 'bigint') return String(value)
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}
