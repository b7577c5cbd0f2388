import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Target, assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'
import { keyIdOf } from '../../support/customers.ts'

/** What a lenient reader takes for a number, or rounds to one. */
const NO_INTEGERS = ['Infinity', '-Infinity', '1e999', '-1e999', 'NaN', '0x10', '0b1', '0o7']
  .concat(' 5', '5 ', '\t5', '5\n', '5.0', '5.', '1e2', '+5', '--5', '-', '', '1_0', '1,0', '5n')
  .concat('null', 'true', '٥', '５', '9007199254740993', '-9007199254740993')
  .concat('99999999999999999999', '9'.repeat(400))

const NO_BOOLEANS = ['', '1', '0', 'True', 'TRUE', ' true', 'true ', 'yes', 'on', 'null', '1e0']

/** A right value of every other parameter that must be there. */
const VALUES: Record<string, string> = {
  customer_id: 'cust_0000000000000000',
  user_id: 'ada',
  metric: 'api.calls',
  size: '1',
  endpoint_id: 'we_0000000000000000',
  transfer_id: 'tr_1_1',
  account_id: 'acct_1',
  event_id: 'evt_0',
  token_id: '00000000',
  key_id: '00000000',
  session_id: 'sess_0',
  L: '0',
  N: '000',
  path: '0/000',
}

interface Parameter {
  name: string
  in: 'query' | 'path' | 'header'
  required?: boolean
  schema: { type?: string }
}

interface Place {
  method: string
  name: string
  /** The path with these texts for the parameter, each as often as it is given. */
  pathWith: (...texts: string[]) => string
}

/** Each place of the document where text of a query or a path is read as something else. */
async function placesOf(target: Target, type: string): Promise<Place[]> {
  const { body: document } = await target.call('GET', '/openapi.json')
  const paths = document.paths as Record<string, Record<string, { parameters?: Parameter[] }>>
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [] }]) =>
      parameters
        .filter((parameter) => parameter.in !== 'header' && parameter.schema.type === type)
        .map(({ name }) => ({
          method: method.toUpperCase(),
          name,
          pathWith: (...texts) => urlOf(path, parameters, name, texts),
        })),
    ),
  )
}

function urlOf(path: string, parameters: Parameter[], name: string, texts: string[]): string {
  const textsOf = (one: Parameter) => {
    if (one.name === name) return texts
    return one.required === true ? [VALUES[one.name] ?? assert.fail(one.name)] : []
  }
  const query = parameters
    .filter((one) => one.in === 'query')
    .flatMap((one) => textsOf(one).map((text) => `${one.name}=${encodeURIComponent(text)}`))
  const filled = parameters
    .filter((one) => one.in === 'path')
    .reduce(
      (url, one) => url.replace(`{${one.name}}`, encodeURIComponent(textsOf(one)[0] ?? '')),
      path,
    )
  return `${filled}?${query.join('&')}`
}

test('an integer in a query or a path is decimal digits, and nothing else', async (t) => {
  const target = await startTarget(t)
  const places = await placesOf(target, 'integer')
  assert.ok(places.length >= 10)
  for (const { method, name, pathWith } of places) {
    await t.test(`${method} ${pathWith('…')}`, () =>
      assertUntouched(target, async () => {
        const refused = NO_INTEGERS.map((text) => pathWith(text))
        // Given twice it has no value, were both the same.
        for (const path of [...refused, pathWith('5', '5'), pathWith('5', 'Infinity')]) {
          const answer = await target.send(method, path)
          assertRefused(answer, 'VALIDATION_FAILED', path.slice(0, 200))
          assert.equal(answer.body.details[0].path, `/${name}`)
          assert.equal(answer.body.details[0].message, 'must be integer')
        }
      }),
    )
  }
})

test('integers are read exactly, and then held against their bounds', async (t) => {
  const target = await startTarget(t)
  for (let times = 0; times < 2; times++)
    await target.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1 })
  for (const [text, count] of [
    ['1', 1],
    ['02', 2],
    [`${'0'.repeat(500)}3`, 3],
    ['200', 3],
  ] as const) {
    const { status, body } = await target.send('GET', `/account/ada/transfers?limit=${text}`)
    assert.deepEqual([status, body.data?.length], [200, count], text)
  }
  for (const [query, message] of [
    ['limit=0', 'must be >= 1'],
    ['limit=-0', 'must be >= 1'],
    ['limit=-1', 'must be >= 1'],
    ['limit=201', 'must be <= 200'],
    ['limit=9007199254740991', 'must be <= 200'],
  ] as const) {
    const answer = await target.send('GET', `/account/ada/transfers?${query}`)
    assertRefused(answer, 'VALIDATION_FAILED', query)
    assert.deepEqual(answer.body.details, [{ path: '/limit', message }])
  }
  // The greatest that a number holds exactly is one, and no more than the log has.
  const proof = await target.send('GET', '/api/audit/proof?size=9007199254740991&index=-0')
  assertRefused(proof, 'NOT_YET_LOGGED')
})

test('a boolean in a query is `true` or `false`', async (t) => {
  const target = await startTarget(t)
  const places = await placesOf(target, 'boolean')
  assert.ok(places.length >= 2)
  await assertUntouched(target, async () => {
    for (const { method, name, pathWith } of places) {
      const refused = NO_BOOLEANS.map((text) => pathWith(text))
      for (const path of [...refused, pathWith('true', 'true'), pathWith('false', 'true')]) {
        const answer = await target.send(method, path)
        assertRefused(answer, 'VALIDATION_FAILED', path)
        assert.deepEqual(answer.body.details, [{ path: `/${name}`, message: 'must be boolean' }])
      }
    }
    // There is money on the account.
    assertRefused(await target.send('DELETE', '/account/ada?force=false'), 'ACCOUNT_NOT_EMPTY')
  })
  assert.equal((await target.send('DELETE', '/account/ada?force=true')).status, 200)
})

test('a range that ends before it begins is refused, wherever a query asks for one', async (t) => {
  const target = await startTarget(t)
  const { body: document } = await target.call('GET', '/openapi.json')
  const paths = document.paths as Record<string, { get?: { parameters?: Parameter[] } }>
  const ranges = Object.entries(paths).filter(([, { get }]) =>
    ['from', 'to'].every((name) => get?.parameters?.some((one) => one.name === name) === true),
  )
  assert.ok(ranges.length >= 4)
  const times = ['2026-02-01T00:00:00Z', '2026-01-01T00:00:00Z']
  for (const [path] of ranges) {
    // The customer's own calls have a key of their own.
    const filled = path
      .replace('{customer_id}', target.customer.customerId)
      .replace('{user_id}', 'ada')
      .replace('{key_id}', keyIdOf(target.customer.apiKey))
    const headers = { 'x-api-key': target.customer.apiKey }
    const metric = path.startsWith('/api/usage') ? 'metric=api.calls&' : ''
    const send = (query: string) =>
      path.startsWith('/api/usage/{')
        ? target.call('GET', `${filled}?${metric}${query}`, { headers })
        : target.send('GET', `${filled}?${metric}${query}`)
    for (const [from, to] of [times, [times[0], times[0]]]) {
      const answer = await send(`from=${from}&to=${to}`)
      assertRefused(answer, 'VALIDATION_FAILED', path)
      assert.deepEqual(answer.body.details, [{ path: '/from', message: 'must be before `to`' }])
    }
  }
  // A month before the beginning of time there is none, and nothing fails over it.
  const early = await target.asAdmin('GET', '/api/usage?to=0001-01-02T00:00:00Z')
  assert.deepEqual([early.status, early.body], [200, { data: [] }])
})

test('a time may have its zone without the colon, as strftime writes it', async (t) => {
  const target = await startTarget(t)
  const { body: now } = await target.asInternal('GET', '/balance/ada')
  const local = now.updated_at.slice(0, -1)
  const answerAt = async (zone: string) => {
    const at = encodeURIComponent(local + zone)
    const { status, body } = await target.send('GET', `/balance/ada?at=${at}`)
    return { status, balance: body.balance, code: body.code }
  }
  assert.equal((await answerAt('+0000')).balance, 1_000)
  assert.equal((await answerAt('+0200')).balance === 1_000, false)
  for (const [zone, same] of [
    ['+0000', 'Z'],
    ['-0000', 'Z'],
    ['+0200', '+02:00'],
    ['-0130', '-01:30'],
  ] as const) {
    assert.deepEqual(await answerAt(zone), await answerAt(same), zone)
  }
  const list = await target.asAdmin('GET', '/api/audit?from=2026-01-01T00:00:00.123456789%2B0100')
  assert.equal(list.status, 200)
})
