import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLongStrictJson, parseStrictJson } from '../../src/http/strict-json-parser.ts'

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

test('a number of 64 characters is read, and one more is refused whatever it is', () => {
  const numbers = (length: number) => [
    `1.${'0'.repeat(length - 2)}`,
    `1.${'5'.repeat(length - 2)}`,
    `1e+${'0'.repeat(length - 4)}1`,
    `-1.${'0'.repeat(length - 5)}e1`,
  ]
  for (const text of numbers(64)) assert.equal(parse(text), Number(text))
  for (const text of numbers(65)) assert.throws(() => parse(text), /64 characters/, text)
  for (const text of [`1${'0'.repeat(100)}`, `{"a":[0.${'0'.repeat(65_500)}1]}`]) {
    assert.throws(() => parse(text), /64 characters/)
  }
})

test('a long text is read as a short one is, and refused as one', async () => {
  const item = value.map((json) => JSON.stringify(json))
  const filler = JSON.stringify('x'.repeat(20_000))
  const parseLong = (text: string) =>
    parseLongStrictJson(text, (message) => new SyntaxError(message))
  const other = fc.constantFrom('', ',', ' ', '[', ']', '{', '}', '1', '"', '"reports":[]')
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { minLength: 1, maxLength: 30 }),
      fc.nat(),
      other,
      fc.boolean(),
      async (items, place, broken, isFirst) => {
        const list = items.flatMap((text) => [text, filler])
        const lists = `"reports":[${list.join(' , ')}]`
        const text = isFirst ? `{ ${lists}, "atomic":true}` : `{"atomic":[1], ${lists} }`
        assert.deepEqual(await parseLong(text), JSON.parse(text))
        const at = place % text.length
        const changed = text.slice(0, at) + broken + text.slice(at)
        const outcomes = await Promise.allSettled(
          [parse, parseLong].map(async (read) => read(changed)),
        )
        assert.equal(outcomes[1]?.status, outcomes[0]?.status, changed.slice(at - 50, at + 50))
        const [short, long] = outcomes.map((outcome) => 'value' in outcome && outcome.value)
        assert.deepEqual(long, short)
      },
    ),
    { numRuns: 100 },
  )
})

test('a long text is bounded in its values, in all and in what can not be read piece by piece', async () => {
  const parseLong = (text: string) =>
    parseLongStrictJson(text, (message) => new SyntaxError(message))
  const many = (count: number) => Array.from({ length: count }, () => '[]').join()
  const fields = Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join()
  await assert.doesNotReject(parseLong(`{"reports":[${many(250_000)}]}`))
  await assert.rejects(parseLong(`{"reports":[${many(270_000)}]}`), /more than 262144 values/)
  await assert.rejects(parseLong(`[${many(40_000)}]`), /too many values/)
  await assert.rejects(parseLong(`{${fields}}`), /too many values/)
  await assert.rejects(parseLong(`{"reports":[1,[${many(40_000)}]]}`), /too many values/)
})

test('a string of a long text is bounded, as it is read in one go', async () => {
  const parseLong = (text: string) =>
    parseLongStrictJson(text, (message) => new SyntaxError(message))
  for (const part of ['x', '\\"', '\\\\', '\\n', '\\u0041', 'é']) {
    const some = part.repeat(Math.floor(65_500 / part.length))
    const many = part.repeat(2_000_000)
    await assert.doesNotReject(parseLong(`{"reports":["${some}"]}`), part)
    await assert.rejects(parseLong(`{"reports":["${many}"]}`), /more than 65536 characters/, part)
    await assert.rejects(parseLong(`{"${many}":1}`), /more than 65536 characters/, part)
  }
})

test('a long text is read while others have their turn', async () => {
  const items = Array.from({ length: 1_000 }, (_, index) => `{"id":"${index}${' '.repeat(3_000)}"}`)
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const next = () => void (isReading && (turns++, setImmediate(next)))
  let isReading = true
  setImmediate(next)
  await parseLongStrictJson(`{"reports":[${items.join()}]}`, (message) => new SyntaxError(message))
  isReading = false
  clearInterval(timer)
  // 3 MB, and at most 64 KiB in one turn.
  assert.ok(turns > 40, String(turns))
})

/** Texts of a kind, for a number of its tokens or of the characters of one. */
const KINDS: Record<string, (count: number) => string> = {
  'a long fraction': (count) => `{"a":1.${'0'.repeat(count)}1}`,
  'a long integer': (count) => `{"a":1${'0'.repeat(count)}}`,
  'a long exponent': (count) => `{"a":1e${'0'.repeat(count)}1}`,
  'a long string': (count) => `{"a":"${'x'.repeat(count)}"}`,
  'a long key': (count) => `{"${'x'.repeat(count)}":1}`,
  space: (count) => `{"a":1${' '.repeat(count)}}`,
  'space behind a string': (count) => `{"a"${' '.repeat(count)}:"b"${'\n'.repeat(count)}}`,
  backslashes: (count) => `{"a":"${'\\\\'.repeat(count)}"}`,
  'escaped quotes': (count) => `{"a":"${'\\"'.repeat(count)}"}`,
  'escaped quotes without an end': (count) => `{"a":"${'\\"'.repeat(count)}`,
  'an escaped key': (count) => `{"${'\\u0061'.repeat(count)}":1}`,
  'surrogate pairs': (count) => `{"a":"${'\\ud83d\\ude00'.repeat(count)}"}`,
  'many numbers': (count) => `{"a":[${'1.5,'.repeat(count)}1]}`,
  'many exponents': (count) => `{"a":[${'10e-1,'.repeat(count)}1]}`,
  'many keys': (count) => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join()}}`,
  'many strings': (count) => `{"a":[${'"x",'.repeat(count)}1]}`,
  'many empty lists': (count) => `{"a":[${'[],'.repeat(count)}1]}`,
  'many objects': (count) => `{"a":[${'{"b":{}},'.repeat(count)}1]}`,
  'nested lists': (count) => `${'['.repeat(count)}${']'.repeat(count)}`,
  'brackets that close nothing': (count) => ']'.repeat(count),
  colons: (count) => `{"a"${':'.repeat(count)}1}`,
}

test('eight times as much of anything is some eight times the work', async (t) => {
  const workOf = (text: string) => {
    // Other work only adds to a measurement: the least of several is what the text takes.
    const taken = Array.from({ length: 7 }, () => {
      const begun = process.cpuUsage()
      try {
        parse(text)
      } catch (error) {
        assert.ok(error instanceof SyntaxError)
      }
      const { user, system } = process.cpuUsage(begun)
      return user + system
    })
    return Math.min(...taken)
  }
  for (const [name, textOf] of Object.entries(KINDS)) {
    await t.test(name, () => {
      workOf(textOf(1_000))
      const few = workOf(textOf(8_000))
      const many = workOf(textOf(64_000))
      // Squared it would be 64 times; below a millisecond nothing can be told, nor need be.
      assert.ok(many < 1_000 || many < 24 * few, `${few} µs became ${many} µs`)
    })
  }
})
