/** `units` / 10^`scale`. */
export interface Decimal {
  units: bigint
  scale: number
}

/** As JavaScript and PostgreSQL write numbers: `3`, `0.25`, `1e-7`, `1.5e+300`. */
export function decimalOf(text: string): Decimal {
  if (text.startsWith('-')) {
    const { units, scale } = decimalOf(text.slice(1))
    return { units: -units, scale }
  }
  const [digits = '0', exponent = '0'] = text.split('e')
  const [whole = '0', fraction = ''] = digits.split('.')
  const scale = fraction.length - Number(exponent)
  const units = BigInt(whole + fraction)
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 }
}

export function atScale({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale)
}

/** Without an exponent, and without zeros at the end of a fraction. */
export function textOf({ units, scale }: Decimal): string {
  if (units < 0n) return `-${textOf({ units: -units, scale })}`
  const digits = units.toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  let end = digits.length
  while (end > point && digits[end - 1] === '0') end--
  const whole = digits.slice(0, point)
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`
}

/**
 * An exact decimal for JSON: as a number, and as text too where the number is above 2^53 - 1 or would say
 * something else.
 * @param text as PostgreSQL writes numbers
 */
export function exactNumber(text: string): { number: number; exact?: string } {
  const decimal = decimalOf(text)
  const number = Number(text)
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER && isSame(decimal, decimalOf(String(number)))) {
    return { number }
  }
  return { number, exact: textOf(decimal) }
}

function isSame(a: Decimal, b: Decimal): boolean {
  const scale = Math.max(a.scale, b.scale)
  return atScale(a, scale) === atScale(b, scale)
}
