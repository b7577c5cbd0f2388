import type { FundsMetering, Metering } from '../plans/metering.ts'

/** `units` / 10^`scale`, at least 0. */
interface Decimal {
  units: bigint
  scale: number
}

export interface Charge {
  metric: string
  price: FundsMetering
  value: number
  /** In the asset's smallest unit. */
  amount: bigint
  /** The rest below that unit, as a decimal number of parts of which `per` make one unit. */
  remainder: string
}

/**
 * The cost of a report's metrics that are paid from funds: value × price / per, plus the rest of
 * earlier reports, rounded down to the asset's smallest unit. The new rest is kept for the next
 * report. All of it is exact: values count as the decimals that are written, and nothing is divided.
 * @param remainderOf the rest of earlier reports, as in `Charge`; undefined for none
 */
export function chargesOf(
  metrics: Record<string, number>,
  metered: Record<string, Metering>,
  remainderOf: (metric: string, price: FundsMetering) => string | undefined,
): Charge[] {
  return Object.entries(metrics).flatMap(([metric, value]) => {
    const price = Object.hasOwn(metered, metric) ? metered[metric] : undefined
    if (price?.via !== 'funds') return []
    const before = decimalOf(remainderOf(metric, price) ?? '0')
    return [{ metric, price, value, ...costOf(value, price, before) }]
  })
}

function costOf(value: number, { price, per = 1 }: FundsMetering, before: Decimal) {
  const { units, scale } = decimalOf(String(value))
  const common = Math.max(scale, before.scale)
  const sum = atScale({ units: units * BigInt(price), scale }, common) + atScale(before, common)
  const whole = BigInt(per) * 10n ** BigInt(common)
  return { amount: sum / whole, remainder: textOf({ units: sum % whole, scale: common }) }
}

/** Reads numbers as JavaScript and PostgreSQL write them: `3`, `0.25`, `1e-7`, `1.5e+300`. */
function decimalOf(text: string): Decimal {
  const [digits = '0', exponent = '0'] = text.split('e')
  const [whole = '0', fraction = ''] = digits.split('.')
  const scale = fraction.length - Number(exponent)
  const units = BigInt(whole + fraction)
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 }
}

function atScale({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale)
}

function textOf({ units, scale }: Decimal): string {
  const digits = units.toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  let end = digits.length
  while (end > point && digits[end - 1] === '0') end--
  const whole = digits.slice(0, point)
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`
}
