import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isAllowed, readTarget } from '../../src/webhooks/addresses.ts'
import type { Resolve } from '../../src/webhooks/resolve.ts'
import { sender } from '../../src/webhooks/send.ts'
import { startReceiver } from '../support/receiver.ts'
import { startService } from '../support/service.ts'

const PRODUCTION = { production: true, allowPrivate: false }
const DEVELOPMENT = { production: false, allowPrivate: false }
const OPEN = { production: true, allowPrivate: true }

/** One address in every notation that a reader of URLs knows, and others that are as forbidden. */
const LOOPBACK = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '0177.0.0.1',
  '017700000001',
  '2130706433',
  '127.0.0.1.',
  '127.255.255.254',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'app.localhost',
  '１２７.０.０.１',
  '127。0。0。1',
]
const PRIVATE = [
  '10.0.0.1',
  '10.1',
  '0xa000001',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '3232235777',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '100.64.0.1',
  '100.100.100.200',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:a9fe:a9fe]',
]
const NEVER = [
  '0.0.0.0',
  '0',
  '255.255.255.255',
  '224.0.0.1',
  '240.0.0.1',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1',
  '192.0.0.8',
  '[::]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::a00:1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::]',
  '[2001:0:7f00:1::]',
  '[2001:db8::1]',
  '[ff02::1]',
  '[fec0::1]',
  '[100::1]',
  '[4000::1]',
]
const URLS = [
  'https://user@app.example.com/',
  'https://user:secret@app.example.com/',
  'https://:secret@app.example.com/',
  'https://app.example.com/#fragment',
  'ftp://app.example.com/',
  'file:///etc/passwd',
  'gopher://app.example.com/',
  'data:application/json,{}',
  '//app.example.com/',
  'app.example.com',
  'https://',
  'https://[::1',
  'https://[fe80::1%25eth0]/',
  'https://app.example.com:99999/',
  'https://app.example.com\\@127.0.0.1/',
  'https://app.example.com/ x',
  'https://app\texample.com/',
  'https://app.example.com/\r\nx: y',
]

test('forbidden addresses are refused in every notation', () => {
  for (const host of [...LOOPBACK, ...PRIVATE, ...NEVER]) {
    assert.equal(typeof readTarget(`https://${host}/`, PRODUCTION), 'string', host)
    assert.equal(typeof readTarget(`https://${host}:8443/x?y`, PRODUCTION), 'string', host)
  }
  for (const host of [...PRIVATE, ...NEVER]) {
    assert.equal(typeof readTarget(`http://${host}/`, DEVELOPMENT), 'string', host)
  }
  for (const host of NEVER) {
    assert.equal(typeof readTarget(`https://${host}/`, OPEN), 'string', host)
  }
  for (const url of URLS) {
    assert.equal(typeof readTarget(url, PRODUCTION), 'string', url)
    assert.equal(typeof readTarget(url, DEVELOPMENT), 'string', url)
  }
  assert.equal(typeof readTarget('http://app.example.com/', PRODUCTION), 'string')
  for (const [url, rule] of [
    ['https://app.example.com/events?x=1', PRODUCTION],
    ['https://8.8.8.8:8443/', PRODUCTION],
    ['https://[2606:4700::1111]/', PRODUCTION],
    ['http://127.0.0.1:3000/', DEVELOPMENT],
    ['http://localhost:3000/', DEVELOPMENT],
    ['https://10.0.0.1/', OPEN],
    ['https://[fd00::1]/', OPEN],
  ] as const) {
    assert.ok(readTarget(url, rule) instanceof URL, url)
  }
  for (const text of ['', 'x', '8.8.8', '08.8.8.8', 'fe80::1%eth0', '2606:4700::1%1']) {
    assert.ok(!isAllowed(text, OPEN), text)
  }
})

test('no endpoint is made for them', async (t) => {
  const service = await startService(t)
  const make = (url: string) =>
    service.asAdmin('POST', '/api/webhook-endpoints', { url, events: ['*'] })
  for (const host of [...PRIVATE, ...NEVER]) {
    const refused = await make(`http://${host}/`)
    assert.equal(refused.status, 400, host)
    assert.equal(refused.body.details[0].path, '/url')
  }
  for (const url of URLS) assert.equal((await make(url)).status, 400, url)
  const made = await make('https://app.example.com/')
  assert.equal(made.status, 201)
  const path = `/api/webhook-endpoints/${made.body.endpoint.endpoint_id}`
  for (const url of [
    'http://10.0.0.1/',
    'https://user:x@app.example.com/',
    'ftp://app.example.com/',
  ]) {
    assert.equal((await service.asAdmin('PATCH', path, { url })).status, 400)
  }
  const { body } = await service.asAdmin('GET', path)
  assert.equal(body.url, 'https://app.example.com/')
})

const message = (url: string) => ({ url, headers: {}, body: '{}' })

function connected(t: TestContext, rule: typeof PRODUCTION, resolve?: Resolve) {
  const http = sender(rule, resolve)
  t.after(() => http.close())
  return http
}

test('nothing is sent to a name that has a forbidden address, or gets one', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = new URL(receiver.url)
  const forbidden = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', '::']
  for (const address of forbidden) {
    for (const addresses of [[address], ['8.8.8.8', address], [address, '8.8.8.8']]) {
      const http = connected(t, PRODUCTION, async () => addresses)
      const sent = await http.send(message(`https://app.example.com:${port}/`))
      assert.deepEqual([sent.status, sent.error], [null, 'address_not_allowed'], address)
    }
  }
  // A name whose answers change: it is asked once for an attempt, and that answer counts.
  let asked = 0
  const changing: Resolve = async () => (++asked % 2 === 1 ? ['127.0.0.1'] : ['10.0.0.1'])
  const http = connected(t, DEVELOPMENT, changing)
  const url = `http://app.example.com:${port}/`
  assert.equal((await http.send(message(url))).status, 204)
  assert.equal(asked, 1)
  assert.equal((await http.send(message(url))).error, 'address_not_allowed')
  assert.equal(asked, 2)
  assert.equal((await http.send(message(url))).status, 204)
  assert.equal(receiver.received.length, 2)
  assert.equal(receiver.received[0]?.headers['host'], `app.example.com:${port}`)
  // A name that can't be resolved, as the machine's own resolver says.
  const own = connected(t, PRODUCTION)
  const unknown = await own.send(message('https://no-such-name.invalid/'))
  assert.equal(unknown.error, 'name_not_resolved')
})

test('redirects are not followed, and nothing of an answer is kept', async (t) => {
  const inside = await startReceiver(t)
  const receiver = await startReceiver(t)
  const http = connected(t, DEVELOPMENT)
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.answer(
      (_, response) => void response.writeHead(status, { location: inside.url }).end(),
    )
    const sent = await http.send(message(receiver.url))
    assert.deepEqual([sent.status, sent.error], [status, 'redirect'])
  }
  assert.equal(inside.received.length, 0)
  // A body without an end.
  let written = 0
  receiver.answer((_, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write('x'.repeat(1_000), () => written++), 1)
    response.on('close', () => clearInterval(more))
  })
  const sent = await http.send(message(receiver.url))
  assert.deepEqual([sent.status, sent.error], [200, null])
  const until = Date.now() + 5_000
  let before = -1
  while (before !== written && Date.now() < until) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(written < 1_000)
  // What is no HTTP, breaks off, or is not there.
  receiver.answer((_, response) => response.socket?.end('SMTP ready\r\n\r\n'))
  assert.equal((await http.send(message(receiver.url))).error, 'not_http')
  receiver.answer((_, response) => response.socket?.destroy())
  assert.equal((await http.send(message(receiver.url))).error, 'connection_broken')
  await receiver.close()
  assert.equal((await http.send(message(receiver.url))).error, 'connection_refused')
})
