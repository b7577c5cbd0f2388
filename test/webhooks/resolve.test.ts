import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { resolver } from '../../src/webhooks/resolve.ts'
import { sender } from '../../src/webhooks/send.ts'
import { newFolder } from '../support/licenses.ts'
import { startReceiver } from '../support/receiver.ts'

const DEVELOPMENT = { production: false, allowPrivate: false }
const A = 1
const AAAA = 28

/**
 * A name server on this machine, as far as these tests need one (RFC 1035).
 * @param answer the address of a name, as its bytes; undefined if there is no such name, and null for
 * no answer at all
 */
async function nameServer(
  t: TestContext,
  answer: (name: string, type: number) => readonly number[] | null | undefined,
): Promise<string> {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = []
    let place = 12
    for (let length = query[place] ?? 0; length > 0; length = query[place] ?? 0) {
      labels.push(query.toString('latin1', place + 1, place + 1 + length))
      place += 1 + length
    }
    const type = query.readUInt16BE(place + 1)
    const bytes = answer(labels.join('.').toLowerCase(), type)
    if (bytes === null) return
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(bytes === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(bytes === undefined ? 0 : 1, 6)
    header.writeUInt32BE(0, 8)
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes?.length ?? 0])
    const found = bytes === undefined ? [] : [record, Buffer.from(bytes)]
    socket.send(Buffer.concat([header, query.subarray(12, place + 5), ...found]), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.after(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

test('names that hang delay no other', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = new URL(receiver.url)
  const server = await nameServer(t, (name) => (name === 'sound.example' ? [127, 0, 0, 1] : null))
  const http = sender(DEVELOPMENT, resolver({ servers: [server] }))
  t.after(() => http.close())
  const message = (host: string) => ({ url: `http://${host}:${port}/`, headers: {}, body: '{}' })
  const hanging = Array.from({ length: 8 }, (_, n) => http.send(message(`silent-${n}.example`)))
  for (const host of ['sound.example', 'localhost']) {
    const sent = await http.send(message(host))
    assert.equal(sent.status, 204, host)
    assert.ok(sent.durationMs < 1_000, `${host}: ${sent.durationMs} ms`)
  }
  for (const { status, error } of await Promise.all(hanging)) {
    assert.deepEqual([status, error], [null, 'timeout'])
  }
})

test('the hosts file and the search list count, and both kinds of addresses', async (t) => {
  const asked: string[] = []
  const server = await nameServer(t, (name, type) => {
    if (type === A) asked.push(name)
    if (name === 'app.near.example') return type === A ? [10, 0, 0, 7] : undefined
    if (name !== 'both.example') return undefined
    return type === AAAA ? [0x20, 1, ...Array<number>(13).fill(0), 9] : [192, 0, 2, 1]
  })
  const folder = newFolder(t)
  const [hostsFile, settingsFile] = [join(folder, 'hosts'), join(folder, 'resolv.conf')]
  writeFileSync(
    hostsFile,
    '# names\n::1 own\n127.0.0.1\tOwn other # more\n127.0.0.2 app.localhost\n',
  )
  writeFileSync(settingsFile, 'nameserver 192.0.2.1\nsearch near.example. far.example\n')
  const resolve = resolver({ servers: [server], hostsFile, settingsFile })
  assert.deepEqual((await resolve('own')).toSorted(), ['127.0.0.1', '::1'])
  assert.deepEqual(await resolve('other.'), ['127.0.0.1'])
  assert.deepEqual(await resolve('app.localhost'), ['127.0.0.2'])
  assert.deepEqual(await resolve('localhost'), ['127.0.0.1', '::1'])
  assert.deepEqual(asked, [])
  assert.deepEqual((await resolve('both.example')).toSorted(), ['192.0.2.1', '2001::9'])
  assert.deepEqual(await resolve('app'), ['10.0.0.7'])
  assert.deepEqual(asked, ['both.example', 'app.near.example'])
  await assert.rejects(resolve('none.example'), { code: 'ENOTFOUND' })
  assert.deepEqual(asked.slice(2), [
    'none.example',
    'none.example.near.example',
    'none.example.far.example',
  ])
  await assert.rejects(resolve('app.'), { code: 'ENOTFOUND' })
})
