import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { RefusalCode } from '../../../src/refusals/index.ts'
import { JSON_TYPE, assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'
import { startService } from '../../support/service.ts'

test('a string that is not what its place asks for is refused', async (t) => {
  const target = await startTarget(t)
  const customer = `/api/customers/${target.customer.customerId}`
  const cases: Record<string, [method: string, path: string, bodies: Record<string, unknown>[]]> = {
    'user ids': [
      'POST',
      '/account',
      [
        '',
        ' ',
        'a b',
        'ada\n',
        'ada\r\nx: y',
        'a/b',
        'ädä',
        'a\u202Eda',
        'a\u200Bda',
        '\uFEFFada',
        'ada\u00A0',
        'a'.repeat(129),
        '😀',
      ].map((user_id) => ({ user_id, tier: 'pro' })),
    ],
    'tiers and assets': [
      'POST',
      '/account',
      [
        { tier: '' },
        { tier: ' pro' },
        { tier: 'pro\n' },
        { tier: 'a'.repeat(65) },
        { tier: 'pro', asset: 'usd/2' },
        { tier: 'pro', asset: 'USD' },
        { tier: 'pro', asset: 'USD/19' },
        { tier: 'pro', asset: 'USD/2\n' },
        { tier: 'pro', asset: 'USD/-1' },
      ].map((rest) => ({ user_id: 'bob', ...rest })),
    ],
    'reasons, references and keys': [
      'POST',
      '/top_up',
      [
        { reason: '' },
        { reason: 'two\nlines' },
        { reason: 'a\tb' },
        { reason: 'x'.repeat(501) },
        { reference: 'x'.repeat(256) },
        { reference: 'a\u007fb' },
        { idempotency_key: '' },
        { idempotency_key: 'a b' },
        { idempotency_key: 'schlüssel' },
        { idempotency_key: 'x'.repeat(256) },
        { metadata: [] },
        { metadata: 'x' },
        { metadata: null },
        { metadata: { '': 1 } },
        { metadata: { ['k'.repeat(65)]: 1 } },
        { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])) },
      ].map((rest) => ({ user_id: 'ada', amount: 5, ...rest })),
    ],
    customers: [
      'PATCH',
      customer,
      [
        {},
        { email: '' },
        { email: 'ada' },
        { email: 'ada@example.com\nbcc: eve@example.com' },
        { email: `${'a'.repeat(250)}@example.com` },
        { email: null },
        { company_name: '' },
        { company_name: 'a\u0001b' },
        { company_name: 'x'.repeat(201) },
        { plan: 'No Such' },
        { plan: '../x' },
        { status: 'deleted' },
        { status: 'Active' },
        { status: null },
        { stripe_customer_id: 'cu 1' },
        { customer_id: 'cust_0000000000000000' },
        { created_at: '2020-01-01T00:00:00.000Z' },
        { metadata: { ['k'.repeat(65)]: 1 } },
      ],
    ],
    keys: [
      'POST',
      `${customer}/api-keys`,
      [{ name: '' }, { name: 'a\nb' }, { name: 'x'.repeat(101) }, { name: null }, { key_id: 'x' }],
    ],
    overlaps: [
      'POST',
      `${customer}/api-keys/${target.customer.keyId}/rotate`,
      [-1, 0.5, 2_592_001, '60', null, true].map((overlap_seconds) => ({ overlap_seconds })),
    ],
  }
  for (const [name, [method, path, bodies]] of Object.entries(cases)) {
    await t.test(name, () =>
      assertUntouched(target, async () => {
        for (const body of bodies) {
          const text = JSON.stringify(body)
          const answer = await target.send(method, path, { headers: [JSON_TYPE], body: text })
          assertRefused(answer, 'VALIDATION_FAILED', text.slice(0, 100))
        }
      }),
    )
  }

  await t.test('an idempotency key in the header', () =>
    assertUntouched(target, async () => {
      for (const key of ['', 'a b', 'caf\xe9', 'x'.repeat(256)]) {
        const headers = [JSON_TYPE, ['idempotency-key', key]] as const
        const body = '{"user_id":"ada","amount":5}'
        const { status } = await target.send('POST', '/top_up', { headers, body })
        assert.equal(status, 400, key.slice(0, 20))
      }
    }),
  )
})

test('text of any language is kept as it is', async (t) => {
  const service = await startService(t)
  const metadata = {
    'line\nbreak': 'a\r\nb\tc',
    '\u202Eevil': '\u200B\uFEFF',
    quotes: '\'"`; drop table customers; --',
    '😀': ['𝄞', 'שלום', 'ß', '\u0001\u007f', '\u2028'],
    nested: { null: null, number: -1.5, deep: [[[{}]]] },
  }
  const company_name = '\u202EGmbH & Söhne 😀\u200B'
  const draft = { email: 'ada+x@example.com', company_name, metadata }
  const created = await service.asAdmin('POST', '/api/customers', draft)
  assert.equal(created.status, 201)
  const { customer } = created.body
  assert.deepEqual(
    { company_name: customer.company_name, metadata: customer.metadata },
    { company_name, metadata },
  )
  const read = await service.asAdmin('GET', `/api/customers/${customer.customer_id}`)
  assert.deepEqual(read.body, customer)
})

/** What RFC 3339 with a four-digit year and a zone does not allow, or no calendar has. */
const TIMES = [
  '',
  'infinity',
  '-infinity',
  'now',
  'tomorrow',
  '2030',
  '2030-01-01',
  '2030-01-01T00:00:00',
  '2030-01-01 00:00:00Z',
  '2030-01-01t00:00:00z',
  '2030-01-01T00:00:00+01',
  '2030-01-01T00:00:00+2400',
  '2030-01-01T00:00:00+0160',
  '2030-01-01T00:00:00 Z',
  '2030-01-01T00:00:00Z\n',
  '2030-02-30T00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-00-10T00:00:00Z',
  '2030-01-01T25:00:00Z',
  '2030-01-01T00:60:00Z',
  '2030-01-01T00:00:61Z',
  '2030-01-01T00:00:00+24:00',
  '2030-1-1T00:00:00Z',
  '294277-01-01T00:00:00Z',
  '+294277-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
  '0000-01-01T00:00:00Z',
  '1893456000',
  '2030-01-01T00:00:00.1234567890Z',
  'Tue, 01 Jan 2030 00:00:00 GMT',
]

test('a time that is none is refused, in a body and in a query', async (t) => {
  const target = await startTarget(t)
  const keys = `/api/customers/${target.customer.customerId}/api-keys`
  await assertUntouched(target, async () => {
    const others = [5, 1893456000, true, null, ['2030-01-01T00:00:00Z'], '2020-01-01T00:00:00Z']
    for (const expires_at of [...TIMES, ...others]) {
      const answer = await target.asAdmin('POST', keys, { expires_at })
      assertRefused(answer, 'VALIDATION_FAILED', JSON.stringify(expires_at))
      assert.equal(answer.body.details[0].path, '/expires_at')
    }
    for (const at of TIMES) {
      const answer = await target.send('GET', `/balance/ada?at=${encodeURIComponent(at)}`)
      assertRefused(answer, 'VALIDATION_FAILED', at)
    }
  })
})

/** As the service makes them, for a list with its filters: no secret is in it. */
function cursorOf(list: readonly (string | null)[], place: string): string {
  const check = createHash('sha256')
    .update(JSON.stringify([list, place]))
    .digest()
  return Buffer.concat([check.subarray(0, 9), Buffer.from(place)]).toString('base64url')
}

test('a cursor with the right check and no place of its list is refused', async (t) => {
  const target = await startTarget(t)
  const none = (count: number) => Array.from({ length: count }, () => null)
  const timed = ['x', '1_1', 'x_1_1', '1__1', '1_-1_1', `${'9'.repeat(16)}_1_1`].concat(
    `1_${'9'.repeat(19)}_1`,
    `1_1_${'9'.repeat(19)}`,
    '1_1_1_1',
    '1_1_1\n',
  )
  const numbered = ['x', '', '-1', '1.5', ' 1', '1\n', '9'.repeat(19)]
  const lists: [path: string, list: (string | null)[], right: string, wrong: string[]][] = [
    ['/accounts', ['accounts', ...none(5)], '5', numbered],
    ['/transfers', ['all transfers', ...none(8)], '1700000000000_1_1', timed],
    ['/holds', ['holds', ...none(2)], '1700000000000_1_1', timed],
    ['/api/funds/accounts', ['accounts', ...none(5)], '5', numbered],
    ['/api/funds/transfers', ['all transfers', ...none(8)], '1700000000000_1_1', timed],
    ['/api/funds/holds', ['holds', ...none(2)], '1700000000000_1_1', timed],
    ['/api/events', ['events', null, null, '', null], '5', numbered],
    [
      '/api/stripe/events',
      ['stripe_events', ...none(3)],
      '1700000000000 evt_1',
      ['x', 'x evt_1', '1', '1 ', ' evt_1', '-1 evt_1', `${'9'.repeat(16)} evt_1`, '1 evt\0'],
    ],
    [
      '/account/ada/budgets',
      ['budgets', 'ada'],
      '1700000000000 daily',
      ['', 'daily', ' daily', '1 ', '-1 daily', '1 a b', '1 a\n', `${'9'.repeat(16)} daily`],
    ],
  ]
  await assertUntouched(target, async () => {
    for (const [path, list, right, wrong] of lists) {
      const at = (place: string) => target.send('GET', `${path}?cursor=${cursorOf(list, place)}`)
      assert.equal((await at(right)).status, 200, path)
      for (const place of wrong) {
        assertRefused(await at(place), 'INVALID_CURSOR', `${path} ${JSON.stringify(place)}`)
      }
    }
  })
})

test('a query that its call does not know is refused', async (t) => {
  const target = await startTarget(t)
  const keys = `/api/customers/${target.customer.customerId}/api-keys`
  const lists = ['/api/customers', keys, '/account/ada/transfers']
  const queries: [query: string, code: RefusalCode][] = [
    ...['limit=0', 'limit=-1', 'limit=201', 'limit=1000000000', 'limit=1.5', 'limit=', 'limit=all']
      .concat('limit=5&limit=6', 'limit[]=5', 'limit=NaN', 'limit=true', 'limit=9007199254740993')
      .concat('offset=5', 'Limit=5', '__proto__=1', 'constructor=1', `cursor=${'a'.repeat(501)}`)
      .concat('cursor=a&cursor=b', 'access_token=x')
      .map((query): [string, RefusalCode] => [query, 'VALIDATION_FAILED']),
    ...['cursor=', 'cursor=x', 'cursor=%00', 'cursor=MQ', 'cursor=1', `cursor=${'A'.repeat(200)}`]
      .concat("cursor=' or 1=1 --", 'cursor=%ff')
      .map((query): [string, RefusalCode] => [query, 'INVALID_CURSOR']),
  ]
  await assertUntouched(target, async () => {
    for (const list of lists) {
      for (const [query, code] of queries) {
        const answer = await target.send('GET', `${list}?${query.replaceAll(' ', '%20')}`)
        assertRefused(answer, code, `${list}?${query.slice(0, 50)}`)
      }
    }
    for (const query of [
      'email=%00',
      'email=',
      `email=${'a'.repeat(255)}`,
      'status=gone',
      'status=',
    ]) {
      const answer = await target.send('GET', `/api/customers?${query}`)
      assertRefused(answer, 'VALIDATION_FAILED', query)
    }
    for (const name of ['event', 'actor', 'subject']) {
      for (const text of ['%00', 'a%00', 'a%0ab']) {
        const answer = await target.send('GET', `/api/audit?${name}=${text}`)
        assertRefused(answer, 'VALIDATION_FAILED', `${name}=${text}`)
      }
    }
  })
})

test('no text of a query is let through with a NUL or a line feed', async (t) => {
  const target = await startTarget(t)
  const ids: Record<string, string> = { customer_id: target.customer.customerId, user_id: 'ada' }
  interface Operation {
    security?: Record<string, unknown>[]
    parameters?: { name: string; in: string; schema: { type?: string } }[]
  }
  const document = (await target.call('GET', '/openapi.json')).body as {
    paths: Record<string, { get?: Operation }>
  }
  const isOpen = ({ security = [] }: Operation) =>
    security.some((one) => 'AdminToken' in one || 'InternalToken' in one)
  const texts = Object.entries(document.paths).flatMap(([path, { get = {} }]) =>
    (isOpen(get) ? (get.parameters ?? []) : [])
      .filter((one) => one.in === 'query' && one.schema.type === 'string')
      .map(({ name }) => `${path.replaceAll(/\{(\w+)\}/g, (_, id) => ids[id] ?? 'x')}?${name}=`),
  )
  assert.ok(texts.includes('/accounts?tier=') && texts.includes('/api/funds/accounts?tier='))
  await assertUntouched(target, async () => {
    for (const text of texts) {
      for (const value of ['%00', 'a%00', 'a%0ab']) {
        const answer = await target.send('GET', text + value)
        const isCursor = answer.body.code === 'INVALID_CURSOR'
        assertRefused(answer, isCursor ? 'INVALID_CURSOR' : 'VALIDATION_FAILED', text + value)
      }
    }
  })
})
