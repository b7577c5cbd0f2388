import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalCode } from '../../../src/refusals/index.ts'
import { JSON_TYPE, assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'

/** Bodies for a call that needs `{ "user_id", "tier" }`; the refusal is the same for all of a group. */
const BODIES: Record<string, [code: RefusalCode, bodies: (string | Buffer)[]]> = {
  'no JSON': [
    'MALFORMED_JSON',
    [
      ' ',
      '{',
      '{"user_id":"bob","tier":"pro"',
      '{"user_id":"bob","tier":"pro"}}',
      '{"user_id":"bob","tier":"pro"}{}',
      "{'user_id':'bob','tier':'pro'}",
      '{user_id:"bob","tier":"pro"}',
      '{"user_id":"bob","tier":"pro",}',
      '{"user_id":"bob","tier":"pro"} // why not',
      '\uFEFF{"user_id":"bob","tier":"pro"}',
      '{"user_id":"bob","tier":NaN}',
      '{"user_id":"bob","tier":"p\no"}',
      'user_id=bob&tier=pro',
      Buffer.from('{"user_id":"bob","tier":"pro"}', 'utf16le'),
    ],
  ],
  'not an object': [
    'VALIDATION_FAILED',
    ['[]', 'null', '"bob"', '5', 'true', '[{"user_id":"bob"}]'],
  ],
  'invalid UTF-8': [
    'MALFORMED_JSON',
    [
      Buffer.from('{"user_id":"bob","tier":"p\xffo"}', 'latin1'),
      // Overlong, a surrogate, cut short.
      Buffer.from('{"user_id":"bob","tier":"\xc0\xaf"}', 'latin1'),
      Buffer.from('{"user_id":"bob","tier":"\xed\xa0\x80"}', 'latin1'),
      Buffer.from('{"user_id":"bob","tier":"pro"}\xe2\x82', 'latin1'),
    ],
  ],
  'a key twice': [
    'MALFORMED_JSON',
    [
      '{"user_id":"bob","user_id":"eve","tier":"pro"}',
      '{"user_id":"bob","tier":"pro","ti\\u0065r":"free"}',
      '{"user_id":"bob","tier":"pro","x":{"a":1,"a":1}}',
    ],
  ],
  'a way to a prototype': [
    'MALFORMED_JSON',
    [
      '{"user_id":"bob","tier":"pro","__proto__":{"admin":true}}',
      '{"user_id":"bob","tier":"pro","\\u005f_proto__":{"admin":true}}',
      '{"user_id":"bob","tier":"pro","constructor":{"prototype":{"admin":true}}}',
      '{"user_id":"bob","tier":"pro","x":[{"prototype":1}]}',
    ],
  ],
  'too deep': [
    'MALFORMED_JSON',
    [
      '['.repeat(33) + ']'.repeat(33),
      '['.repeat(30_000) + ']'.repeat(30_000),
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    ],
  ],
  'too large': [
    'PAYLOAD_TOO_LARGE',
    ['['.repeat(100_000), `{"user_id":"bob","tier":"${'x'.repeat(1_048_576)}"}`],
  ],
  'text that no database stores': [
    'MALFORMED_JSON',
    [
      '{"user_id":"bob\\u0000","tier":"pro"}',
      '{"user_id":"bob","tier":"\\ud800"}',
      '{"user_id":"bob","tier":"\\udc00\\ud800"}',
      '{"user_id":"bob","tier":"pro","\\u0000":1}',
    ],
  ],
  'an unknown or missing field': [
    'VALIDATION_FAILED',
    [
      '{}',
      '{"user_id":"bob"}',
      '{"user_id":"bob","tier":"pro","balance":1000}',
      '{"user_id":"bob","tier":"pro","User_id":"eve"}',
      '{"user_id":"bob","tier":"pro","":1}',
      '{"user_id":"bob","tier":"pro","toString":1}',
    ],
  ],
  'another type': [
    'VALIDATION_FAILED',
    [
      '{"user_id":5,"tier":"pro"}',
      '{"user_id":["bob"],"tier":"pro"}',
      '{"user_id":{"$ne":null},"tier":"pro"}',
      '{"user_id":true,"tier":"pro"}',
      '{"user_id":null,"tier":"pro"}',
      '{"user_id":"bob","tier":"pro","asset":null}',
    ],
  ],
}

test('a body that is no clean JSON of the right shape is refused and changes nothing', async (t) => {
  const target = await startTarget(t)
  for (const [name, [code, bodies]] of Object.entries(BODIES)) {
    await t.test(name, () =>
      assertUntouched(target, async () => {
        for (const body of bodies) {
          const answer = await target.send('POST', '/account', { headers: [JSON_TYPE], body })
          assertRefused(answer, code, body.toString('latin1').slice(0, 100))
        }
      }),
    )
  }

  await t.test('every fault is named with its place, and no more than 20', async () => {
    const { body } = await target.asInternal('POST', '/account', { user_id: 'b b', extra: 1 })
    assert.deepEqual(body.details.map(({ path }: { path: string }) => path).toSorted(), [
      '/extra',
      '/tier',
      '/user_id',
    ])
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, 1]))
    const answer = await target.asInternal('POST', '/account', many)
    assert.equal(answer.body.details.length, 20)
  })

  await t.test('the refusal of broken JSON quotes none of it', async () => {
    const body = '{"user_id":"canary-6b1f'
    const answer = await target.send('POST', '/account', { headers: [JSON_TYPE], body })
    assert.ok(!answer.text.includes('canary'))
  })
})

test('a body of nothing but faults costs little more than reading it', async (t) => {
  const target = await startTarget(t)
  for (const [part, value] of [
    ['metered', '{}'],
    ['metered', '0'],
    ['checkout', '0'],
  ] as const) {
    let fields = ''
    for (let each = 0; fields.length < 65_000; each++) fields += `"a${each.toString(36)}":${value},`
    const body = `{"name":"A","features":{},"limits":{},"${part}":{${fields.slice(0, -1)}}}`
    // Time of the processor, because other processes may have it meanwhile.
    const before = process.cpuUsage()
    const answer = await target.send('PUT', '/api/plans/a', { headers: [JSON_TYPE], body })
    const { user, system } = process.cpuUsage(before)
    assertRefused(answer, 'VALIDATION_FAILED', part)
    assert.equal(answer.body.details.length, 20)
    assert.ok(user + system < 1_000_000, `${part} ${value}: ${(user + system) / 1_000} ms`)
  }
})

test('a body may be left out where nothing in it is needed, and nowhere else', async (t) => {
  const target = await startTarget(t)
  const keys = `/api/customers/${target.customer.customerId}/api-keys`
  const bodiless = [{}, ...[undefined, '', '{}'].map((body) => ({ headers: [JSON_TYPE], body }))]
  await assertUntouched(target, async () => {
    for (const options of bodiless) {
      const missing = await target.send('POST', '/account', options)
      assertRefused(missing, 'VALIDATION_FAILED')
      assert.deepEqual(missing.body.details, [
        { path: '/user_id', message: 'is required' },
        { path: '/tier', message: 'is required' },
      ])
      const patch = await target.send('PATCH', '/account/ada', options)
      assertRefused(patch, 'VALIDATION_FAILED')
      const unknownKey = await target.send('POST', `${keys}/00000000/rotate`, options)
      assertRefused(unknownKey, 'API_KEY_NOT_FOUND')
      assertRefused(await target.send('DELETE', `${keys}/00000000`, options), 'API_KEY_NOT_FOUND')
    }
    for (const body of ['null', '[]', '{"force":true}']) {
      const options = { headers: [JSON_TYPE], body }
      const answer = await target.send('DELETE', `${keys}/${target.customer.keyId}`, options)
      assertRefused(answer, 'VALIDATION_FAILED', body)
    }
    const options = { headers: [JSON_TYPE], body: 'null' }
    const rotated = await target.send('POST', `${keys}/${target.customer.keyId}/rotate`, options)
    assertRefused(rotated, 'VALIDATION_FAILED')
  })
})
