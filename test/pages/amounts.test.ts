import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smallestUnits, typedAmount } from '../../src/pages/shared/format.ts'

test('an amount is read as typed, or not at all', () => {
  const read = (text: string, asset: string) => smallestUnits(text, asset, '.')
  assert.equal(read('12.50', 'USD/2'), 1_250)
  assert.equal(read('12,50', 'USD/2'), 1_250)
  assert.equal(read('-5', 'USD/2'), -500)
  assert.equal(read('1000', 'USD/6'), 1_000_000_000)
  assert.equal(read('1.2345', 'USD/6'), 1_234_500)
  assert.equal(read('1,5', 'USD/6'), 1_500_000)
  assert.equal(read('1.5', 'USD/0'), null)
  assert.equal(read('', 'USD/2'), null)
  assert.equal(read('1,000.00', 'USD/2'), null)
})

test('a mark before three digits is a decimal mark only where the reader’s is the same', () => {
  for (const asset of ['USD/6', 'KWD/3', 'USD/2', 'JPY/0']) {
    assert.equal(smallestUnits('1,000', asset, '.'), null, asset)
    assert.equal(smallestUnits('1.000', asset, ','), null, asset)
  }
  assert.equal(smallestUnits('1.255', 'KWD/3', '.'), 1_255)
  assert.equal(smallestUnits('1,255', 'KWD/3', ','), 1_255)
})

test('what a form is filled with reads as the same amount', () => {
  for (const asset of ['USD/2', 'KWD/3', 'USD/6', 'JPY/0']) {
    for (const amount of [0, 5, 1_250, 20_000, 1_234_567]) {
      assert.equal(smallestUnits(typedAmount(amount, asset), asset), amount, asset)
    }
  }
})
