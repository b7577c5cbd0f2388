/**
 * JSON with sorted keys and no space, as RFC 8785 has it: keys are sorted by UTF-16 code units,
 * numbers and strings are written as JSON.stringify writes them. Undefined properties are left out.
 */
export function canonicalJson(value: unknown): string {
  // What is in order already, as each movement of money is for its record, the runtime writes itself.
  return isInOrder(value) ? JSON.stringify(value) : sortedJson(value)
}

function isInOrder(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isInOrder)
  const object = value as Record<string, unknown>
  let before = ''
  for (const key in object) {
    const property = object[key]
    if (key < before || (typeof property === 'object' && !isInOrder(property))) return false
    before = key
  }
  return true
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const properties = Object.entries(value)
    .filter(([, property]) => property !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, property]) => `${JSON.stringify(key)}:${sortedJson(property)}`)
  return `{${properties.join(',')}}`
}
