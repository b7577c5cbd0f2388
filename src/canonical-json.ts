/**
 * JSON with sorted keys and no space, as RFC 8785 has it: keys are sorted by UTF-16 code units,
 * numbers and strings are written as JSON.stringify writes them. Undefined properties are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, property]) => `${JSON.stringify(key)}:${canonicalJson(property)}`)
  return `{${properties.join(',')}}`
}
