/** `-?` and decimal digits, as callers and settings write whole numbers; leading zeros mean nothing. */
const INTEGER = /^-?\d+$/

/**
 * The integer that a text is, or undefined: for `5.0`, `1e2`, `0x10`, ` 5` and `Infinity`, which
 * `Number` would take, and for what is beyond 2^53 − 1, which it would round.
 */
export function integerOf(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined
  const number = Number(text)
  // Zero has no sign here.
  return Number.isSafeInteger(number) ? number + 0 : undefined
}
