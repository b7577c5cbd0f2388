import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Document, type Node, type Operation, faultsOf } from '../support/document-rules.ts'
import { createCustomer } from '../support/customers.ts'
import { startService } from '../support/service.ts'

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document

const REFUSED = {
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, example: {} } },
}
const ERROR = { type: 'object', properties: { code: { type: 'string', examples: ['NOT_FOUND'] } } }

/** A call that every rule accepts, with one part replaced. */
function changed(
  { schemas = {}, ...part }: Partial<Operation> & { schemas?: Record<string, Node> },
  method = 'get',
) {
  const operation: Operation = {
    operationId: 'getThing',
    summary: 'A thing',
    tags: ['Admin'],
    security: [{ AdminToken: [] }],
    responses: { 200: {}, ...refusals('401', '429', '500', '503') },
    ...part,
  }
  return faultsOf({
    paths: { '/things': { [method]: operation } },
    components: { schemas: { Error: ERROR, ...schemas } },
  })
}

const refusals = (...statuses: string[]) =>
  Object.fromEntries(statuses.map((status) => [status, REFUSED]))

const answering = (schema: Node, schemas: Record<string, Node> = {}) =>
  changed({
    schemas,
    responses: {
      200: { content: { 'application/json': { schema } } },
      ...refusals('401', '429', '500', '503'),
    },
  })

const taking = (schema: Node, schemas: Record<string, Node> = {}) =>
  changed({
    schemas,
    requestBody: { content: { 'application/json': { schema } } },
    responses: { 204: {}, ...refusals('400', '401', '413', '415', '429', '500', '503') },
  })

const text = (more: object = {}): Node => ({ type: 'string', ...more })
const thing = { $ref: '#/components/schemas/Thing' }
const TIME = { format: 'date-time', examples: ['2026-11-24T09:30:00.000Z'] }

test('the rules for generated clients', async (t) => {
  await t.test('hold for the document, and for a small one', () => {
    assert.deepEqual(faultsOf(document), [])
    assert.deepEqual(changed({}), [])
    assert.deepEqual(answering(text(TIME)), [])
    assert.deepEqual(taking(text({ enum: ['one', 'two'] })), [])
  })

  const broken: Record<string, [string[], ...RegExp[]]> = {
    'a time with a format in a body, however deep': [
      taking(thing, { Thing: { type: 'object', properties: { until: text(TIME) } } }),
      /^Thing\.until: a time that callers send/,
    ],
    'and in a query': [
      changed({
        parameters: [{ name: 'at', schema: text(TIME) }],
        responses: { 200: {}, ...refusals('400', '401', '429', '500', '503') },
      }),
      /^GET \/things at: a time that callers send/,
    ],
    'a closed enum in an answer': [
      answering(text({ enum: ['one', 'two'] })),
      /^GET \/things 200: .* x-extensible-enum/,
    ],
    'and in a list of it': [
      answering({ type: 'array', items: text({ enum: ['one'] }) }),
      /^GET \/things 200\/items: .* x-extensible-enum/,
    ],
    'a boolean with one value': [
      answering({ type: 'boolean', enum: [true] }),
      /^GET \/things 200: .* boolean with one value/,
    ],
    'a choice of objects that is no oneOf': [
      answering({ anyOf: [thing, thing] }, { Thing: text({ examples: ['a'] }) }),
      /^GET \/things 200: a choice of objects is oneOf/,
    ],
    'names that generators use': [
      changed({ schemas: { NewThing: {}, NullableThing: {}, ThingWithDefaults: {} } }),
      /^NewThing: /,
      /^NullableThing: /,
      /^ThingWithDefaults: /,
    ],
    'names that differ only in case, or are none': [
      changed({ schemas: { Thing: {}, THING: {}, thing_2: {} } }),
      /^THING: two schemas/,
      /^thing_2: .* PascalCase/,
    ],
    'a schema with an enum of its own name': [
      changed({
        schemas: { Received: { properties: { received: text({ enum: ['yes', 'no'] }) } } },
      }),
      /^Received: its enum `received`/,
    ],
    'an object without a name': [
      answering({ type: 'object', properties: { id: text({ examples: ['a'] }) } }),
      /^GET \/things 200: an object with fields has no name/,
    ],
    'a number without a format': [
      answering({ type: 'integer', examples: [1] }),
      /^GET \/things 200: a number says/,
    ],
    'an operation without a name, a scope or a summary': [
      changed({ operationId: 'Get_thing', tags: [], summary: '' }),
      /its operationId/,
      /its tag/,
      /no summary/,
    ],
    'no example of a parameter, a field or an answer': [
      changed({
        parameters: [{ name: 'cursor', schema: text() }],
        schemas: {
          Thing: { type: 'object', properties: { note: text(), size: { type: 'boolean' } } },
        },
        requestBody: { content: { 'application/json': { schema: thing } } },
        responses: {
          200: { content: { 'text/plain': { schema: text() } } },
          ...refusals('400', '401', '413', '415', '429', '500', '503'),
        },
      }),
      /: cursor has no example$/,
      /: Thing\.note has no example$/,
      /: text\/plain has no example$/,
    ],
    'missing statuses': [
      changed({ responses: {} }, 'delete'),
      /has no 500, 400, 413, 415, 429, 503$/,
      /no answer but refusals/,
      /no 401 or 403/,
    ],
    'a refusal of another shape': [
      changed({ responses: { 200: {}, ...refusals('401', '429', '503'), 500: {} } }),
      /its 500 is not the one error shape/,
    ],
  }
  for (const [about, [faults, ...expected]] of Object.entries(broken)) {
    await t.test(about, () => {
      assert.equal(faults.length, expected.length, faults.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? '', pattern)
    })
  }

  await t.test('two calls of one name', () => {
    const [[path, methods] = []] = Object.entries(document.paths)
    assert.ok(path !== undefined && methods !== undefined)
    const faults = faultsOf({ ...document, paths: { ...document.paths, '/again': methods } })
    assert.ok(faults.some((fault) => fault.includes('same operationId')))
  })
})

test('changes that a cookie opens name the refusal of a foreign page', () => {
  const ofPortal = ['putBudget', 'deleteBudget', 'setAutoTopUp', 'openTopUpCheckout']
  const operations = Object.values(document.paths).flatMap((path) => Object.entries(path))
  const found = new Set<string>()
  for (const [method, { operationId, security = [], responses }] of operations) {
    const isOpen =
      security.some((one) => 'AdminToken' in one) || ofPortal.includes(operationId ?? '')
    const isNamed = JSON.stringify(responses['403'] ?? '').includes('ORIGIN_NOT_ALLOWED')
    if (isOpen) assert.equal(isNamed, method !== 'get', operationId)
    if (isOpen) found.add(operationId ?? '')
  }
  for (const id of [...ofPortal, 'endConsoleSession', 'putPlan']) assert.ok(found.has(id), id)
})

test('times, as the clients of many languages write them', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  const { body } = await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 5 })
  const at: string = body.created_at
  const { customerId } = await createCustomer(service)

  for (const zone of ['Z', '+00:00', '+0000', '-00:00']) {
    const time = at.replace('Z', zone)
    const query = new URLSearchParams({ at: time })
    const { status, body: known } = await service.asInternal(
      'GET',
      `/balance/ada?${query.toString()}`,
    )
    assert.deepEqual([status, known.balance], [200, 5], time)
    const key = { name: time, expires_at: `2099-01-01T00:00:00.000${zone}` }
    const issued = await service.asAdmin('POST', `/api/customers/${customerId}/api-keys`, key)
    assert.deepEqual([issued.status, issued.body.key.expires_at], [201, '2099-01-01T00:00:00.000Z'])
  }
  const half = encodeURIComponent(at.replace('Z', '123456+00:00'))
  const finer = await service.asInternal('GET', `/balance/ada?at=${half}`)
  assert.equal(finer.body.balance, 5)

  // Without a format in the document they are checked all the same.
  for (const time of [
    '2026-02-30T00:00:00Z',
    '2026-11-24',
    '2026-11-24T09:30:00',
    '2026-11-24T25:30:00Z',
    '2026-11-24 09:30:00Z',
    '1795512600',
  ]) {
    const asked = `/balance/ada?at=${encodeURIComponent(time)}`
    assert.equal((await service.asInternal('GET', asked)).status, 400, time)
    const key = { name: 'wrong', expires_at: time.replace(/^2026/, '2099') }
    const path = `/api/customers/${customerId}/api-keys`
    const refused = await service.asAdmin('POST', path, key)
    assert.equal(refused.status, 400, time)
  }
})

test('a call that changes nothing documents no unknown outcome, and a page no money', () => {
  const { paths } = document
  const textOf = (path: string) => JSON.stringify(paths[path]?.['post'])
  assert.doesNotMatch(textOf('/check'), /OUTCOME_UNKNOWN/)
  assert.match(textOf('/deduct'), /OUTCOME_UNKNOWN/)
  assert.match(textOf('/deduct'), /the same key moves money once/)
  assert.doesNotMatch(textOf('/top_up/checkout'), /moves money once/)
})
