import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { WebhookVerificationError, verifyWebhook } from '../../src/client/index.ts'
import { openEventKeys } from '../../src/keys/event-keys.ts'
import { signatureHeaders } from '../../src/webhooks/signing.ts'

const newKeys = () => {
  const signing = generateKeyPairSync('ed25519').privateKey
  return openEventKeys({ signing, previous: [] })
}
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const now = () => Math.floor(Date.now() / 1_000)

const BODY = JSON.stringify({
  type: 'funds.low_balance',
  timestamp: '2026-11-24T09:30:00.000Z',
  seq: 42,
  data: { user_id: 'ü-1', asset: 'USD/2', balance: 90 },
})

test('the client verifies both kinds of signature, and the libraries of Standard Webhooks the first', async () => {
  const keys = await newKeys()
  const [secret, older] = [newSecret(), newSecret()]
  const publicKey = keys.publicKey ?? ''
  const message = { id: 'evt_1', timestampS: now(), body: BODY }
  const headers = signatureHeaders({ secrets: [secret, older], keys }, message)

  const shapes = [
    headers,
    new Headers(headers),
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
  ]
  for (const given of shapes) {
    for (const wanted of [
      { secret },
      { secret: older },
      { secret: [newSecret(), secret] },
      { publicKey },
      { publicKey: [(await newKeys()).publicKey ?? '', publicKey] },
    ]) {
      for (const raw of [BODY, Buffer.from(BODY)]) {
        const { id, event } = await verifyWebhook(given, raw, wanted)
        assert.equal(id, 'evt_1')
        assert.equal(event.type === 'funds.low_balance' && event.data.balance, 90)
      }
    }
  }
  for (const one of [secret, older]) assert.ok(new Webhook(one).verify(BODY, headers))
  // And the client what the library signs.
  const at = new Date()
  const signature = new Webhook(secret).sign('evt_2', at, BODY)
  const theirs = {
    'webhook-id': 'evt_2',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature,
  }
  assert.equal((await verifyWebhook(theirs, BODY, { secret })).id, 'evt_2')
})

test('the client refuses what is forged, old or changed', async () => {
  const keys = await newKeys()
  const secret = newSecret()
  const publicKey = keys.publicKey ?? ''
  const signed = (timestampS: number) =>
    signatureHeaders({ secrets: [secret], keys }, { id: 'evt_1', timestampS, body: BODY })
  const headers = signed(now())
  const [v1 = '', v1a = ''] = headers['webhook-signature']?.split(' ') ?? []
  const refused = async (
    fault: string,
    changes: Record<string, string | string[] | undefined>,
    body = BODY,
  ) => {
    for (const wanted of [{ secret }, { publicKey }]) {
      await assert.rejects(
        verifyWebhook({ ...headers, ...changes }, body, wanted),
        (error) => error instanceof WebhookVerificationError && error.fault === fault,
        JSON.stringify([fault, changes]),
      )
    }
  }
  await refused('headers', { 'webhook-id': undefined })
  await refused('headers', { 'webhook-signature': '' })
  await refused('headers', { 'webhook-timestamp': ['1', '2'] })
  await refused('timestamp', { 'webhook-timestamp': 'soon' })
  await refused('timestamp', { 'webhook-timestamp': '-1' })
  await refused('timestamp', signed(now() - 301))
  await refused('timestamp', signed(now() + 301))
  await refused('signature', { 'webhook-id': 'evt_2' })
  await refused('signature', { 'webhook-timestamp': String(now() - 1) })
  await refused('signature', {}, `${BODY} `)
  await refused('signature', {}, BODY.replace('90', '91'))
  for (const signature of [
    'v1,',
    'v1,!!!!',
    'v1a,AAAA',
    v1.replace('v1,', 'v1a,'),
    v1a.replace('v1a,', 'v1,'),
    v1.slice(3),
    `v2${v1.slice(2)}`,
    `${'v1,AAAA '.repeat(20)}${v1} ${v1a}`,
  ]) {
    await refused('signature', { 'webhook-signature': signature })
  }
  const others = await newKeys()
  const wrong = { publicKey: others.publicKey ?? '' }
  await assert.rejects(verifyWebhook(headers, BODY, wrong), WebhookVerificationError)
  const noNumber = { toleranceSeconds: Number.NaN }
  await assert.rejects(verifyWebhook(headers, BODY, { secret }, noNumber), WebhookVerificationError)
  // Keys that are none are a fault of the program.
  for (const none of [
    { secret: '' },
    { secret: publicKey },
    { secret: 'whsec_' },
    { publicKey: secret },
    { publicKey: 'whpk_AAAA' },
  ]) {
    await assert.rejects(verifyWebhook(headers, BODY, none), TypeError)
  }
})
