import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Header } from '../support/hostile.ts'
import { callRaw } from '../support/raw-socket.ts'
import { assertRefused } from '../support/refusals.ts'
import { type Service, WEBHOOK_SECRET, startService } from '../support/service.ts'
import { signatureV1, stripeEvent, stripeSignature } from '../support/stripe-events.ts'
import { assertNothingWritten, query } from '../support/tables.ts'

const PATH = '/api/webhooks/stripe'

function deliver(service: Service, body: string | Buffer, signature = stripeSignature(body)) {
  const headers: Header[] = [
    ['content-type', 'application/json; charset=utf-8'],
    ['stripe-signature', signature],
  ]
  return callRaw(service.origin, 'POST', PATH, headers, body)
}

async function stored(service: Service) {
  const columns = 'id, type, livemode, api_version, created_at, payload'
  return query<Record<string, unknown>[]>(service.database, `select ${columns} from stripe_events`)
}

test('a signed event is stored as it is and answered at once', async (t) => {
  const service = await startService(t)
  const event = stripeEvent()
  // Stripe indents what it sends: only the very bytes match the signature.
  const answer = await deliver(service, JSON.stringify(event, null, 2))
  assert.deepEqual([answer.status, answer.body], [200, { received: true }])
  const [row, ...others] = await stored(service)
  assert.deepEqual(others, [])
  assert.deepEqual(row, {
    id: event['id'],
    type: event['type'],
    livemode: false,
    api_version: event['api_version'],
    created_at: new Date(1_790_000_000_000),
    payload: event,
  })
})

test('an event is stored once by its id, also when copies come at once on two replicas', async (t) => {
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const body = JSON.stringify(stripeEvent())
  const copies = [service, replica, service, replica, service, replica]
  const answers = await Promise.all(copies.map((one) => deliver(one, body)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    copies.map(() => 200),
  )
  // The first stays, whatever a later one of the same id says.
  const other = JSON.stringify(stripeEvent({ type: 'invoice.paid' }))
  assert.equal((await deliver(service, other)).status, 200)
  assert.deepEqual(
    (await stored(service)).map(({ type }) => type),
    ['customer.subscription.updated'],
  )
  // The same fact under another id is another event.
  await deliver(service, JSON.stringify(stripeEvent({ id: 'evt_another' })))
  assert.equal((await stored(service)).length, 2)
})

test('what is not signed with a secret in use, just now, is refused and writes nothing', async (t) => {
  const service = await startService(t)
  const event = stripeEvent()
  const body = JSON.stringify(event)
  const now = Math.floor(Date.now() / 1_000)
  const good = signatureV1(now, body)
  const signatures: [name: string, signature: string][] = [
    ['empty', ''],
    ['rubbish', 'x'],
    ['wrong secret', stripeSignature(body, { secret: `${WEBHOOK_SECRET}x` })],
    ['empty secret', stripeSignature(body, { secret: '' })],
    ['310 s old', stripeSignature(body, { ageS: 310 })],
    ['310 s ahead', stripeSignature(body, { ageS: -310 })],
    ['another time', `t=${now - 1},v1=${good}`],
    ['no time', `v1=${good}`],
    ['an empty time', `t=,v1=${good}`],
    ['two times', `t=${now},t=${now},v1=${good}`],
    ['a time that is none', `t=now,v1=${good}`],
    ['a time in milliseconds', `t=${now}000,v1=${signatureV1(now * 1_000, body)}`],
    ['no v1', `t=${now}`],
    ['an empty v1', `t=${now},v1=`],
    ['only v0', `t=${now},v0=${good}`],
    ['a v1 cut short', `t=${now},v1=${good.slice(0, 63)}`],
    ['a v1 too long', `t=${now},v1=${good}0`],
    ['a v1 that is no hex', `t=${now},v1=${'z'.repeat(64)}`],
    ['a v1 of zeros', `t=${now},v1=${'0'.repeat(64)}`],
    ['10 KB', `t=${now},${'v1=0,'.repeat(2_000)}`],
  ]
  await assertNothingWritten(service.database, async () => {
    for (const [name, signature] of signatures) {
      assertRefused(await deliver(service, body, signature), 'INVALID_SIGNATURE', name)
    }
    const changed: [name: string, bytes: string | Buffer][] = [
      ['re-serialised', JSON.stringify(event, null, 2)],
      ['a byte more', `${body} `],
      ['nothing', ''],
      ['other bytes', Buffer.from(body.replace('sub_1', 'sub_\xff'), 'latin1')],
    ]
    for (const [name, bytes] of changed) {
      const answer = await deliver(service, bytes, stripeSignature(body))
      assertRefused(answer, 'INVALID_SIGNATURE', name)
    }
    assertRefused(
      await callRaw(service.origin, 'POST', PATH, [], body),
      'INVALID_SIGNATURE',
      'none',
    )
    const header: Header = ['stripe-signature', stripeSignature(body)]
    const twice = await callRaw(service.origin, 'POST', PATH, [header, header], body)
    assertRefused(twice, 'INVALID_SIGNATURE', 'twice')
  })
})

test('any of several signatures will do, at most 300 s either way', async (t) => {
  const service = await startService(t)
  const now = Math.floor(Date.now() / 1_000)
  const signatures: ((body: string) => string)[] = [
    (body) => stripeSignature(body, { ageS: 290 }),
    (body) => stripeSignature(body, { ageS: -290 }),
    (body) => `t=${now},v1=${'0'.repeat(64)},v1=${signatureV1(now, body)}`,
    (body) => `t=${now},v1=${signatureV1(now, body)},v1=,v0=x`,
    (body) => `v1=${signatureV1(now, body)}, t=${now}`,
  ]
  for (const [index, signatureOf] of signatures.entries()) {
    const body = JSON.stringify(stripeEvent({ id: `evt_${index}` }))
    assert.equal((await deliver(service, body, signatureOf(body))).status, 200, `${index}`)
  }
  assert.equal((await stored(service)).length, signatures.length)
})

test('signed text that is no event is refused and writes nothing', async (t) => {
  const service = await startService(t)
  const bodies = [
    '',
    'hello',
    '{',
    '[]',
    'null',
    '"evt_1"',
    '{}',
    '['.repeat(100_000),
    JSON.stringify(stripeEvent({ id: undefined })),
    JSON.stringify(stripeEvent({ id: '' })),
    JSON.stringify(stripeEvent({ id: 5 })),
    JSON.stringify(stripeEvent({ id: 'e'.repeat(256) })),
    JSON.stringify(stripeEvent({ type: null })),
    JSON.stringify(stripeEvent({ livemode: 'false' })),
    JSON.stringify(stripeEvent({ created: -1 })),
    JSON.stringify(stripeEvent({ created: 1e15 })),
    JSON.stringify(stripeEvent({ created: 'yesterday' })),
    JSON.stringify(stripeEvent({ created: '-000500-01-01T00:00:00Z' })),
    JSON.stringify(stripeEvent({ created: '+100000-01-01T00:00:00Z' })),
  ]
  await assertNothingWritten(service.database, async () => {
    for (const body of bodies) {
      assertRefused(await deliver(service, body), 'MALFORMED_JSON', body.slice(0, 100))
    }
    const large = JSON.stringify(stripeEvent({ data: 'x'.repeat(1_048_576) }))
    assertRefused(await deliver(service, large), 'PAYLOAD_TOO_LARGE')
  })
})

test('events of any type, mode, shape and content type are kept', async (t) => {
  const service = await startService(t)
  const events = [
    stripeEvent({ id: 'evt_unknown', type: 'some.future.type' }),
    stripeEvent({ id: 'evt_live', livemode: true }),
    stripeEvent({ id: 'evt_old', api_version: null }),
    {
      id: 'evt_thin',
      object: 'v2.core.event',
      type: 'v2.x',
      livemode: false,
      created: '2026-09-01T00:00:00.000Z',
    },
    stripeEvent({ id: 'evt_nul', data: { 'ke\0y': 'a\0b', list: ['\0', '\ud800'] } }),
    stripeEvent({ id: 'evt_proto', data: JSON.parse('{"__proto__":{"a":1}}') }),
  ]
  for (const event of events) {
    const answer = await deliver(service, JSON.stringify(event))
    assert.equal(answer.status, 200, event['id'] as string)
  }
  const body = JSON.stringify(stripeEvent({ id: 'evt_untyped' }))
  const headers: Header[] = [['stripe-signature', stripeSignature(body)]]
  assert.equal((await callRaw(service.origin, 'POST', PATH, headers, body)).status, 200)

  const rows = new Map((await stored(service)).map((row) => [row['id'], row]))
  assert.equal(rows.size, events.length + 1)
  assert.equal(rows.get('evt_live')?.['livemode'], true)
  assert.deepEqual(rows.get('evt_thin')?.['created_at'], new Date('2026-09-01T00:00:00.000Z'))
  // PostgreSQL keeps neither NUL nor half a character.
  const data = { 'ke\uFFFDy': 'a\uFFFDb', list: ['\uFFFD', '\uFFFD'] }
  assert.deepEqual(rows.get('evt_nul')?.['payload'], stripeEvent({ id: 'evt_nul', data }))
})

test('without its secrets the call is closed, and while a rotation lasts two are good', async (t) => {
  const body = JSON.stringify(stripeEvent())
  const off = await startService(t, { STRIPE_SECRET_KEY: undefined, STRIPE_WEBHOOK_SECRET: '' })
  await assertNothingWritten(off.database, async () => {
    for (const secret of [WEBHOOK_SECRET, '', 'undefined']) {
      const answer = await deliver(off, body, stripeSignature(body, { secret }))
      assertRefused(answer, 'STRIPE_NOT_CONFIGURED')
      assert.ok(answer.headers.has('retry-after'))
    }
  })

  const previous = 'whsec_before_the_rotation'
  const env = { STRIPE_WEBHOOK_SECRET_PREVIOUS: previous }
  const rotating = await startService(t, env, off.database)
  for (const [index, secret] of [WEBHOOK_SECRET, previous].entries()) {
    const text = JSON.stringify(stripeEvent({ id: `evt_${index}` }))
    const answer = await deliver(rotating, text, stripeSignature(text, { secret }))
    assert.equal(answer.status, 200)
  }
  const rotated = await startService(t, {}, off.database)
  const late = await deliver(rotated, body, stripeSignature(body, { secret: previous }))
  assertRefused(late, 'INVALID_SIGNATURE')
})
