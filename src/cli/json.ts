/** JSON for scripts. It has no bigint; one that a double would round is written as a string. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, plainNumbers, 2)}\n`
}

function plainNumbers(_name: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

/** An object with the names of its fields in snake case, as the API writes them; not those of its values. */
export function snakeFields(object: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]: [string, unknown]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}
