/**
 * `-?` and decimal digits, as callers and settings write whole numbers; leading zeros are allowed.
 */
const INTEGER = /^-?\d+$/

/**
 * The integer that a text spells, or undefined. `Number` would take `5.0`, `1e2`, `0x10`, ` 5` and
 * `Infinity`, and would round what is beyond 2^53 − 1; all of these are undefined here.
 */
export function integerOf(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined
  const number = Number(text)
  // Turns −0 into 0.
  return Number.isSafeInteger(number) ? number + 0 : undefined
}
