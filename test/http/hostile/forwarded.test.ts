import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCustomer } from '../../support/customers.ts'
import { type Header, addressRecorded } from '../../support/hostile.ts'
import { callRaw } from '../../support/raw-socket.ts'
import { collectRoutes } from '../../support/routes.ts'
import { scaled } from '../../support/scale.ts'
import { startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

const SOCKET = '127.0.0.1'

/** What stands in X-Forwarded-For from a trusted proxy, and whose call it is. */
const HEADERS: [header: string, caller: string][] = [
  ['203.0.113.6', '203.0.113.6'],
  [' 203.0.113.6\t', '203.0.113.6'],
  ['203.0.113.6:50001', '203.0.113.6'],
  ['203.0.113.6:1', '203.0.113.6'],
  ['[203.0.113.6]:1', '203.0.113.6'],
  ['::ffff:203.0.113.6', '203.0.113.6'],
  ['[::FFFF:cb00:7106]:443', '203.0.113.6'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:50001', '2001:db8::1'],
  ['::203.0.113.6', '::203.0.113.6'],
  // A stranger's own words stand to the left of what a proxy saw.
  ['unknown, 203.0.113.6', '203.0.113.6'],
  [', ,, 203.0.113.6', '203.0.113.6'],
  [`${'1.2.3.4, '.repeat(1_000)}203.0.113.6`, '203.0.113.6'],
  [`${'x'.repeat(10_000)},203.0.113.6`, '203.0.113.6'],
  // Behind a second trusted proxy.
  ['203.0.113.6:50001, 10.1.2.3:443', '203.0.113.6'],
  ['198.51.100.1, 203.0.113.6, [::ffff:10.1.2.3]:443, 10.9.9.9', '203.0.113.6'],
  ['10.1.2.4, 10.1.2.3', '10.1.2.4'],
  // What is no address ends the reading.
  ['', SOCKET],
  ['203.0.113.6,', SOCKET],
  ['203.0.113.6, unknown', SOCKET],
  ['unknown, 10.1.2.3', SOCKET],
  [', 10.1.2.3', SOCKET],
  ['203.0.113.6, , 10.1.2.3', SOCKET],
  ['unknown', SOCKET],
  ['_hidden', SOCKET],
  ['localhost', SOCKET],
  ['203.0.113.6:', SOCKET],
  ['203.0.113.6:65536', SOCKET],
  ['203.0.113.6:http', SOCKET],
  ['203.0.113.6:1:2', SOCKET],
  ['203.0.113.6/32', SOCKET],
  ['"203.0.113.6"', SOCKET],
  ['for=203.0.113.6', SOCKET],
  ['203.0.113.256', SOCKET],
  ['203.0.113', SOCKET],
  ['203.0.113.006', SOCKET],
  ['0313.0.113.6', SOCKET],
  ['0x7f.1', SOCKET],
  ['0xcb007106', SOCKET],
  ['3405803782', SOCKET],
  ['fe80::1%eth0', SOCKET],
  ['[fe80::1%25eth0]:443', SOCKET],
  ['2001:db8::1%1', SOCKET],
  ['[2001:db8::1', SOCKET],
  ['2001:db8::1]', SOCKET],
  ['[]', SOCKET],
  ['[]:443', SOCKET],
  ['2001:db8:::1', SOCKET],
  ['<script>alert(1)</script>', SOCKET],
  ["' or 1=1 --", SOCKET],
  ['caf\xe9', SOCKET],
  ['9'.repeat(10_000), SOCKET],
  [':'.repeat(10_000), SOCKET],
  [','.repeat(10_000), SOCKET],
  [`203.0.113.6${', 10.1.2.3'.repeat(1_000)}`, SOCKET],
]

const routes = collectRoutes()

test('of a forwarded address only the address is taken, however it is written', async (t) => {
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1, 10.0.0.0/8' })
  const path = `/api/customers/${(await createCustomer(service)).customerId}`
  for (const [header, caller] of HEADERS) {
    const ip = await addressRecorded(service, path, [['x-forwarded-for', header]])
    assert.equal(ip, caller, header.slice(0, 60))
  }
  // Several headers are one list.
  const two: Header[] = [
    ['x-forwarded-for', '203.0.113.6:1'],
    ['x-forwarded-for', '10.1.2.3'],
  ]
  assert.equal(await addressRecorded(service, path, two), '203.0.113.6')
})

test('a caller has one count, whatever port he comes from and however he is written', async (t) => {
  const service = await startService(t, { TRUST_PROXY: SOCKET, RATE_LIMIT_API: '3/1h' })
  const statuses = async (texts: string[]) => {
    const all: number[] = []
    for (const text of texts) {
      const headers: Header[] = [['x-forwarded-for', text]]
      all.push((await callRaw(service.origin, 'GET', '/openapi.json', headers)).status)
    }
    return all
  }
  const limited = [200, 200, 200, 429, 429]
  const ports = [50_001, 50_002, 50_003, 50_004, 50_005]
  assert.deepEqual(await statuses(ports.map((port) => `203.0.113.6:${port}`)), limited)
  assert.deepEqual(await statuses(['203.0.113.6', '::ffff:203.0.113.6']), [429, 429])
  assert.deepEqual(
    await statuses(ports.map((port) => `[2001:db8::${port - 50_000}]:${port}`)),
    limited,
  )
  assert.deepEqual(await statuses(['203.0.113.7:50001']), [200])
  // All that is no address counts as the proxy's own.
  const none = ['unknown', '0x7f.1', 'fe80::1%eth0', '', '2130706433']
  assert.deepEqual(await statuses(none), limited)
})

test('no route answers otherwise for what a proxy says of the caller', async (t) => {
  const service = await startService(t, { TRUST_PROXY: SOCKET })
  const headers = ['203.0.113.6:50001', 'unknown', '[::1', ','.repeat(5_000)]
  const callers = routes().filter(({ method, url }) => method !== 'HEAD' && url !== '*')
  assert.ok(callers.length > 40)
  const each = scaled(headers.length, 1)
  for (const [number, { method, url }] of callers.entries()) {
    const path = url.replaceAll(/:(\w+)|\*/g, 'x')
    const plain = await callRaw(service.origin, method, path)
    // Without a drill each header goes to every fourth route.
    for (const header of headers.filter(
      (_header, index) => (index + number) % headers.length < each,
    )) {
      const { status } = await callRaw(service.origin, method, path, [['x-forwarded-for', header]])
      assert.equal(status, plain.status, `${method} ${url}: ${header.slice(0, 20)}`)
    }
  }
  // Who failed is told by the same addresses.
  await service.app.close()
  const failed = await query<{ ip: string }[]>(
    service.database,
    `select distinct value as ip from audit_records r join audit_personal p on p.commitment = r.ip
    where event = 'auth.failed' order by 1`,
  )
  assert.deepEqual(
    failed.map(({ ip }) => ip),
    [SOCKET, '203.0.113.6'],
  )
})
