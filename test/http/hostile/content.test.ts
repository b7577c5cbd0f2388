import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Header, assertUntouched, startTarget } from '../../support/hostile.ts'
import { assertRefused } from '../../support/refusals.ts'
import { startService } from '../../support/service.ts'

const BODY = '{"user_id":"bob","tier":"pro"}'

test('a body that is not plain JSON in UTF-8 is refused unread', async (t) => {
  const target = await startTarget(t)
  const types = [
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/json',
    'text/xml',
    'application/xml',
    'application/json5',
    'application/jsonp',
    'application/merge-patch+json',
    'application/octet-stream',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json, text/plain',
    'application/json;',
    'json',
    '*/*',
    '',
    'x'.repeat(10_000),
  ]
  const encodings = ['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'x']
  const cases: [about: string, headers: Header[], body: string | Buffer][] = [
    ['none', [], BODY],
    ...types.map((type): [string, Header[], string] => [type, [['content-type', type]], BODY]),
    ...encodings.map((encoding): [string, Header[], string] => [
      encoding,
      [
        ['content-type', 'application/json'],
        ['content-encoding', encoding],
      ],
      BODY,
    ]),
    [
      'really compressed',
      [
        ['content-type', 'application/json'],
        ['content-encoding', 'gzip'],
      ],
      gzipSync(BODY),
    ],
  ]
  await assertUntouched(target, async () => {
    for (const [about, headers, body] of cases) {
      const answer = await target.send('POST', '/account', { headers, body })
      assertRefused(answer, 'UNSUPPORTED_MEDIA_TYPE', about.slice(0, 100))
    }
  })
})

test('the ways to say JSON in UTF-8 are all taken', async (t) => {
  const target = await startTarget(t)
  const types = [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
    'Application/JSON; Charset=utf8',
  ]
  for (const type of types) {
    const headers: Header[] = [['content-type', type]]
    const body = '{"user_id":"ada","tier":"pro"}'
    const answer = await target.send('POST', '/account', { headers, body })
    assert.equal(answer.status, 200, type)
  }
})

test('a body just within the limit is read, and a byte more is not', async (t) => {
  const target = await startTarget(t)
  const headers: Header[] = [['content-type', 'application/json']]
  const valid = '{"user_id":"ada","tier":"pro"}'
  const within = await target.send('POST', '/account', { headers, body: valid.padEnd(65_536) })
  assert.equal(within.status, 200)
  const over = await target.send('POST', '/account', { headers, body: valid.padEnd(65_537) })
  assertRefused(over, 'PAYLOAD_TOO_LARGE')
})

test('a call that takes no body takes an empty object, and no other', async (t) => {
  const service = await startService(t)
  const { body } = await service.asAdmin('POST', '/api/webhook-endpoints', {
    url: 'http://127.0.0.1:9/',
    events: ['*'],
  })
  const path = `/api/webhook-endpoints/${body.endpoint.endpoint_id}`
  for (const empty of [undefined, '', '{}', ' { } ']) {
    assert.equal((await service.asAdmin('POST', `${path}/test`, empty)).status, 202, empty)
  }
  for (const other of ['[]', 'null', '0', '""', '{"a":1}', '{"a":null}']) {
    for (const [method, to] of [
      ['POST', `${path}/test`],
      ['DELETE', path],
    ] as const) {
      assertRefused(await service.asAdmin(method, to, other), 'VALIDATION_FAILED', other)
    }
  }
  assert.equal((await service.asAdmin('DELETE', path, '{}')).status, 204)
})
