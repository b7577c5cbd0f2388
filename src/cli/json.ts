/** JSON for scripts. A bigint becomes a number, or a string if a double would round it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, plainNumbers, 2)}\n`
}

function plainNumbers(_name: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

/**
 * An object with its field names in snake case, as the API writes them; nested names stay unchanged.
 */
export function snakeFields(object: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]: [string, unknown]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}
