import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Found {
  place: string
  node: Record<string, unknown>
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8'))

/** Every object in the document, but for examples. */
function* walk(node: unknown, place = '#'): Generator<Found> {
  if (node === null || typeof node !== 'object') return
  yield { place, node: node as Record<string, unknown> }
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'examples' && key !== 'example') yield* walk(value, `${place}/${key}`)
  }
}

test('what generators of clients make types of', async (t) => {
  const schemas = [...walk(document)].filter(({ node }) => typeof node['type'] === 'string')

  await t.test('every object with fields has a name', () => {
    const named = /^#\/components\/schemas\/[A-Z][A-Za-z]+$/
    const objects = schemas.filter(({ node }) => node['properties'] !== undefined)
    assert.ok(objects.length > 50)
    assert.deepEqual(
      objects.filter(({ place }) => !named.test(place)).map(({ place }) => place),
      [],
    )
  })

  await t.test('every number says how large it gets', () => {
    const numbers = [...walk(document)].filter(({ node }) =>
      [node['type']].flat().some((type) => type === 'integer' || type === 'number'),
    )
    assert.ok(numbers.length > 50)
    const formats = new Set(numbers.map(({ node }) => node['format']))
    assert.deepEqual(formats, new Set(['int32', 'int64', 'double']))
    const { properties } = document.components.schemas.Balance
    assert.equal(properties.balance.format, 'int64')
  })

  await t.test('every operation has an id, a tag and a summary', () => {
    const operations = Object.values<Record<string, object>>(document.paths).flatMap((path) =>
      Object.values(path),
    ) as Record<string, unknown>[]
    const ids = operations.map(({ operationId }) => operationId)
    assert.equal(new Set(ids).size, ids.length)
    for (const { operationId, tags, summary } of operations) {
      assert.match(String(operationId), /^[a-z][A-Za-z]+$/)
      assert.ok(Array.isArray(tags) && tags.length === 1 && typeof summary === 'string')
    }
  })

  await t.test('every refusal has the one error shape', () => {
    const { Error: error } = document.components.schemas
    assert.deepEqual(error.required, ['statusCode', 'error', 'code', 'message', 'request_id'])
    for (const { place, node } of walk(document.paths)) {
      if (!/\/responses\/[45]\d\d$/.test(place) || place.includes('health')) continue
      const { content } = node as { content: Record<string, { schema: unknown }> }
      const { schema } = content['application/json'] ?? {}
      assert.deepEqual(schema, { $ref: '#/components/schemas/Error' }, place)
    }
  })
})
