import { type Decimal, atScale, decimalOf, textOf } from '../encoding/decimals.ts'
import type { FundsMetering, Metering } from '../plans/metering.ts'

export interface Charge {
  metric: string
  price: FundsMetering
  value: number
  /** In the asset's smallest unit. */
  amount: bigint
  /** What is left below it, as a decimal number of parts of which `per` are one unit; below zero what is paid too much. */
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
  if (sum < 0n) return { amount: 0n, remainder: textOf({ units: sum, scale: common }) }
  return { amount: sum / whole, remainder: textOf({ units: sum % whole, scale: common }) }
}

/**
 * What of a charge goes back when its use is corrected, and what is left of the price then: less than nothing
 * where others have paid for its fraction.
 * @param left of the price now, as `Charge` has it
 */
export function givenBack(
  value: number,
  { price, per, amount }: { price: number; per: number; amount: number },
  left: string,
): { amount: bigint; remainder: string } {
  const { units, scale } = decimalOf(String(value))
  const before = decimalOf(left)
  const common = Math.max(scale, before.scale)
  const whole = BigInt(per) * 10n ** BigInt(common)
  const paid = BigInt(amount)
  const cost = atScale({ units: units * BigInt(price), scale }, common)
  const rest = atScale(before, common) - cost + paid * whole
  const kept = rest < whole ? 0n : rest / whole
  const remainder = textOf({ units: rest - kept * whole, scale: common })
  return { amount: kept < paid ? paid - kept : 0n, remainder }
}
