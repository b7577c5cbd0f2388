import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/encoding/canonical-json.ts'

test('the example of RFC 8785, in any order', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const expected = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
  const keysOf = (text: string) =>
    [...text.matchAll(/"((?:[^"\\]|\\.)*)":/g)].map(([, key]) => JSON.parse(`"${key}"`))
  assert.deepEqual(keysOf(canonicalJson(value)), expected)
  assert.deepEqual(
    keysOf(canonicalJson(Object.fromEntries(Object.entries(value).toReversed()))),
    expected,
  )
  assert.equal(canonicalJson({ '10': 1, '9': 2 }), '{"10":1,"9":2}', 'not in the order of numbers')
  assert.equal(
    canonicalJson([1e21, 0.000001, -0, { b: undefined, a: null }]),
    '[1e+21,0.000001,0,{"a":null}]',
  )
})

test('however a value was put together, it is written the same, and reads as what it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      assert.equal(canonicalJson(reversed(value)), text)
      assert.equal(canonicalJson(JSON.parse(text)), text)
    }),
    { numRuns: 500 },
  )
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).toReversed()
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]))
}
