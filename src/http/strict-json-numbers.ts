/** 2^53 has 16 digits, and no measurement needs more characters than this. */
export const NUMBER_CHARS_MAX = 64

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Where a number ends, or what may be one. Reads no more characters than are needed to refuse it. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end - start <= NUMBER_CHARS_MAX && isPartOfNumber(text.charCodeAt(end))) end++
  return end
}

function isPartOfNumber(code: number): boolean {
  // 0 to 9, then the other characters of `-1.5e+7`.
  if (code >= 0x30 && code <= 0x39) return true
  return code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === 0x2d
}

/**
 * Whether a number means the same after parsing. A fraction such as 0.1 is a measurement and may be
 * rounded in its last digit. An integer may not be rounded, and nothing may become an integer, zero
 * or infinity.
 * @param literal at most `NUMBER_CHARS_MAX` characters, which bounds the arithmetic
 */
export function isKept(literal: string): boolean {
  const value = Number(literal)
  if (!Number.isInteger(value)) return Number.isFinite(value)
  if (Object.is(value, -0) || !Number.isSafeInteger(value)) return false
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(literal) ?? []
  if (fraction === '' && exponent === '0') return true
  const digits = BigInt(whole + fraction)
  if (value === 0) return digits === 0n
  const shift = Number(exponent) - fraction.length
  const size = BigInt(Math.abs(value))
  return shift < 0
    ? digits === size * 10n ** BigInt(-shift)
    : digits * 10n ** BigInt(shift) === size
}
