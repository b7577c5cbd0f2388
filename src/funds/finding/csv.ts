/** What makes a spreadsheet take a cell for a formula, or leave its cell. */
const FORMULA = /^[=+\-@\t\r]/
const QUOTED = /[",\r\n]/

/**
 * A line of CSV as RFC 4180 has it. A text that a spreadsheet would run as a formula has an apostrophe
 * in front, as OWASP advises; a number is written as it is.
 */
export function csvLine(cells: readonly (string | bigint | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

function cell(value: string | bigint | null): string {
  if (value === null) return ''
  if (typeof value === 'bigint') return value.toString()
  const text = FORMULA.test(value) ? `'${value}` : value
  return QUOTED.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text
}
