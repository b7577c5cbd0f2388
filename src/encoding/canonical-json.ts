/**
 * JSON with sorted keys and no white space, as RFC 8785 defines it: keys are sorted by UTF-16 code
 * units, and numbers and strings are written as JSON.stringify writes them. Undefined properties are
 * left out.
 */
export function canonicalJson(value: unknown): string {
  // The record of each movement of money has its keys in order already, and JSON.stringify is faster.
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
