import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, chownSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import type { Identity } from './certificates.ts'
import { asAdmin } from './database.ts'
import { eventually } from './processes.ts'
import { clusterOf, newDataDir } from './service-process.ts'

/** A PostgreSQL with this certificate, which accepts only TLS, on a port of `localhost`. */
export async function startTlsPostgres(t: TestContext, identity: Identity): Promise<number> {
  const dataDir = newDataDir(t)
  // On Linux all of 127/8 is this machine; the port is that of the socket's name.
  const host =
    process.platform === 'linux' ? `127.77.${randomInt(256)}.${randomInt(1, 255)}` : '127.0.0.1'
  const server = await startEmbeddedPostgres({ dataDir, settings: { listen_addresses: host } })
  t.after(() => server.stop())
  const data = clusterOf(dataDir)
  const files = { 'server.crt': identity.certificate, 'server.key': identity.key }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(data, name), content, { mode: 0o600 })
    const { uid, gid } = statSync(data)
    chownSync(join(data, name), uid, gid)
  }
  appendFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.0/8 trust\n')
  await asAdmin(server.adminUrl, async (sql) => {
    await sql`alter system set ssl = on`
    await sql`select pg_reload_conf()`
  })
  const isOn = () =>
    asAdmin(server.adminUrl, async (sql) => (await sql`show ssl`)[0]?.['ssl'] === 'on')
  assert.ok(await eventually(isOn, 10_000))

  // Forwards bytes unchanged: TLS runs between the service and PostgreSQL.
  const relay = createServer((client) => {
    const upstream = connectSocket(5_432, host)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined)
      socket.on('close', () => (client.destroy(), upstream.destroy()))
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.after(() => relay.close())
  return (relay.address() as AddressInfo).port
}
