import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chargesOf } from '../../src/usage/price.ts'

const value = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.double({ min: 0, max: 1e21, noNaN: true }),
  fc.constantFrom(0, -0, 0.1, 0.3, 1e-7, 5e-324, 123e-20, 1e21, 1.5e300, Number.MAX_VALUE),
)
const terms = fc.record({
  price: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  per: fc.integer({ min: 1, max: 1_000_000_000_000 }),
})

/** An exact fraction of the value as it is written, over one denominator for all. */
const SCALE = 400n
function exact(number: number): bigint {
  const [digits = '', exponent = '0'] = String(number).split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  return BigInt(whole + fraction) * 10n ** (SCALE + BigInt(exponent) - BigInt(fraction.length))
}

test('charges add up to the exact price, whatever the reports', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), terms, (values, { price, per }) => {
      let remainder: string | undefined
      let charged = 0n
      for (const one of values) {
        const metered = { x: { via: 'funds' as const, asset: 'USD/2', price, per } }
        const [charge] = chargesOf({ x: one }, metered, () => remainder)
        assert.ok(charge !== undefined && charge.amount >= 0n)
        charged += charge.amount
        remainder = charge.remainder
        assert.ok(Number(remainder) <= per)
      }
      const total = values.reduce((sum, one) => sum + exact(one), 0n) * BigInt(price)
      assert.equal(charged, total / (BigInt(per) * 10n ** SCALE))
    }),
    { numRuns: 500 },
  )
})

test('a metric is priced by its own name only', () => {
  const metered = { x: { via: 'stripe' as const, event_name: 'x' } }
  for (const metrics of [{ x: 1 }, { constructor: 1 }, { tostring: 1 }]) {
    assert.deepEqual(
      chargesOf(metrics, metered, () => undefined),
      [],
    )
  }
})
