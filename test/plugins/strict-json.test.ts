import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseStrictJson } from '../../src/plugins/strict-json-parser.ts'

function parse(text: string): unknown {
  return parseStrictJson(text, (message) => new SyntaxError(message))
}

const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/** Text that PostgreSQL keeps: no NUL, no half of a surrogate pair. */
const storable = fc
  .string({ unit: 'grapheme' })
  .filter((text) => !text.includes('\0') && text.isWellFormed())
const key = fc
  .oneof(
    storable,
    fc.constantFrom('', 'a', 'a"', 'a\\', '\\"', 'a:', '{', '}', '[', ',', '1', 'toString'),
  )
  .filter((text) => !RESERVED.has(text))
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
)

/** JSON values without what is refused. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    number.map((n) => (Object.is(n, -0) ? 0 : n)),
    storable,
    fc.constantFrom('\\', '"', '\\"', '\\\\"', '{"a":1,"a":2}', '9007199254740993', '\u2028'),
    fc.array(tie('value')),
    fc.dictionary(key, tie('value'), { noNullPrototype: true }),
  ),
}))

/** The same text with more space, and with its letters and signs escaped here and there. */
function rewrite(text: string, seed: number): string {
  let inString = false
  let state = seed
  return text.replace(/\\u[0-9a-f]{4}|\\.|[^]/g, (token) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    if (token === '"') inString = !inString
    else if (inString && token.length === 1 && state % 3 === 0) {
      return `\\u${token.charCodeAt(0).toString(16).padStart(4, '0')}`
    } else if (!inString && /[[\]{},:]/.test(token)) return `${' \t\r\n'[state % 4]}${token} `
    return token
  })
}

test('what loses nothing is read as JSON.parse reads it, however it is written', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.nat(8), (json, seed, indent) => {
      const text = JSON.stringify(json, null, indent)
      for (const written of [text, rewrite(text, seed)]) {
        assert.deepEqual(parse(written), JSON.parse(text))
      }
    }),
    { numRuns: 500 },
  )
})

test('whatever is read is what JSON.parse reads, and never a fault of another kind', () => {
  const token = fc.constantFrom(
    ...'{}[],:"0-1.e+\\ \n'.split(''),
    '"a"',
    '"a":',
    '1e9',
    'null',
    '\\u0000',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token).map((tokens) => tokens.join('')),
      ),
      (text) => {
        let parsed: unknown
        try {
          parsed = parse(text)
        } catch (error) {
          assert.ok(error instanceof SyntaxError)
          return
        }
        assert.deepEqual(parsed, JSON.parse(text))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a key given twice is refused wherever it stands, also when written in another way', () => {
  fc.assert(
    fc.property(key, value, value, fc.nat(), (name, one, other, seed) => {
      const member = (json: unknown) => `${JSON.stringify(name)}:${JSON.stringify(json)}`
      const twice = `{${member(one)},"between ${seed}":0,${member(other)}}`
      for (const text of [twice, `[1,{"x":${twice}}]`, rewrite(twice, seed)]) {
        assert.throws(() => parse(text), SyntaxError)
      }
      // In different objects it is no repetition.
      assert.doesNotThrow(() => parse(`[{${member(1)}},{${member({})}}]`))
    }),
    { numRuns: 200 },
  )
})

test('an integer is kept exactly or refused', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
      const isSafe =
        integer >= BigInt(Number.MIN_SAFE_INTEGER) && integer <= BigInt(Number.MAX_SAFE_INTEGER)
      if (isSafe) assert.equal(parse(String(integer)), Number(integer))
      else assert.throws(() => parse(String(integer)), SyntaxError)
    }),
  )
})

test('numbers are read by their value and refused if they lose it', () => {
  for (const text of [
    '0',
    '0.0',
    '0e5',
    '5.0',
    '5e0',
    '50e-1',
    '0.5e1',
    '1e15',
    '1.50E+1',
    '9007199254740991',
  ]) {
    assert.equal(parse(text), Number(text), text)
  }
  for (const text of ['0.1', '-0.5', '1e-7', '2.5e-300', '3.141592653589793238462643']) {
    assert.equal(parse(text), Number(text), text)
  }
  const lossy = ['-0', '-0.0', '-0e1', '9007199254740992', '9007199254740993', '-9007199254740993']
  lossy.push('9007199254740991.4', '1.00000000000000000001', '1e16', '1e308', '1e309', '-1e400')
  for (const text of [...lossy, '1e-400', '1e999999999', '1e-999999999', `0.${'0'.repeat(400)}1`]) {
    assert.throws(() => parse(text), SyntaxError, text)
    assert.throws(() => parse(`{"a":[${text}]}`), SyntaxError, text)
  }
})

test('32 levels are read and 33 are not, and no depth overflows the stack', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.doesNotThrow(() => parse(nested(32)))
  assert.throws(() => parse(nested(33)), SyntaxError)
  assert.throws(() => parse(nested(100_000)), SyntaxError)
  assert.throws(() => parse('{"a":'.repeat(100_000)), SyntaxError)
  // Depth, not number: siblings are no levels.
  assert.doesNotThrow(() => parse(`[${Array.from({ length: 1_000 }, () => '{"a":[]}').join(',')}]`))
})

test('no text takes long for its length', () => {
  const bodies = [
    `"${'\\\\'.repeat(500_000)}"`,
    `"${'\\"'.repeat(500_000)}"`,
    `{"${'\\u0061'.repeat(150_000)}":1}`,
    `[${'1e1,'.repeat(250_000)}1]`,
    `0.${'1'.repeat(1_000_000)}`,
    `1${'0'.repeat(1_000_000)}`,
    `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
  ]
  const begun = process.cpuUsage().user
  for (const text of bodies) {
    try {
      parse(text)
    } catch (error) {
      assert.ok(error instanceof SyntaxError)
    }
  }
  const tookMs = (process.cpuUsage().user - begun) / 1_000
  // Some 200 ms for 7 MB; anything quadratic takes minutes.
  assert.ok(tookMs < 5_000, `${tookMs} ms`)
})
