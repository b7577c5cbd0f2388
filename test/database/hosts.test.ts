import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect } from '../../src/database/connect.ts'
import { COMMAND } from '../../src/database/kinds.ts'
import { socketHost } from '../../src/database/hosts.ts'
import { pgPool } from '../../src/database/pg-pool.ts'
import { createDatabase } from '../support/database.ts'

/** A server that answers nobody. @returns its port and how often it was called */
async function listen(t: TestContext, host: string) {
  let calls = 0
  const server = createServer((socket) => {
    calls++
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve)
  })
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, takeCalls: () => [calls, (calls = 0)][0] }
}

/** Both drivers, one call each; what they answer does not matter. */
async function callBoth(url: string): Promise<void> {
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'hosts', connectionsMax: 1 })
  const pool = pgPool(config, COMMAND)
  await Promise.allSettled([sql`select 1`, pool.query('select 1')])
  await Promise.all([sql.end({ timeout: 1 }), pool.end()])
}

test('both drivers call the servers that the URL is judged by, and no other', async (t) => {
  const inPlace = await listen(t, '127.0.0.1')
  const inQuery = await listen(t, '127.0.0.2')
  const at = `postgres://strongroom@127.0.0.1:${inPlace.port}`
  for (const [url, isQueried] of [
    [`${at}/x`, false],
    [`${at}/x?sslmode=disable`, false],
    [`${at}/x?host=127.0.0.2&port=${inQuery.port}`, true],
    [`${at}/x?hostaddr=127.0.0.2&port=${inQuery.port}`, true],
    [`${at}/x?host=127.0.0.1&hostaddr=127.0.0.2&port=${inQuery.port}`, true],
    [`${at}/x?host=127.0.0.1&host=127.0.0.2&port=${inQuery.port}`, true],
    [`postgres://strongroom@/x?host=127.0.0.2&port=${inQuery.port}`, true],
  ] as const) {
    await callBoth(url)
    const [placed, queried] = [inPlace.takeCalls() ?? 0, inQuery.takeCalls() ?? 0]
    assert.deepEqual([placed > 0, queried > 0], [!isQueried, isQueried], url)
    // Neither of the drivers stays away.
    assert.ok(placed + queried >= 2, url)
  }
})

test('an IPv6 address is called at its port', async (t) => {
  const server = await listen(t, '::1').catch(() => null)
  if (server === null) return t.skip('this machine has no IPv6')
  await callBoth(`postgres://strongroom@[::1]:${server.port}/x`)
  assert.ok((server.takeCalls() ?? 0) >= 2)
  await callBoth(`postgres://strongroom@/x?host=::1&port=${server.port}`)
  assert.ok((server.takeCalls() ?? 0) >= 2)
})

test('the folder of a Unix socket may stand in the query', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const { host } = socketHost(database.url)
  if (host === undefined) return t.skip('the server of these tests is reached by TCP')
  const url = new URL(database.url)
  const login = `${url.username}:${url.password}`
  const config = {
    url: `postgres://${login}@/${database.name}?host=${encodeURIComponent(host)}`,
    ssl: 'disable',
    ca: undefined,
  } as const
  const sql = connect(config, { name: 'hosts', connectionsMax: 1 })
  const pool = pgPool(config, COMMAND)
  const question = 'select current_database() as name'
  try {
    const [row] = await sql.unsafe<{ name: string }[]>(question)
    const { rows } = await pool.query<{ name: string }>(question)
    assert.deepEqual([row?.name, rows[0]?.name], [database.name, database.name])
  } finally {
    await Promise.all([sql.end({ timeout: 1 }), pool.end()])
  }
})
