import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { isDatabaseUnavailable } from '../../src/database/faults.ts'
import { KINDS } from '../../src/database/kinds.ts'
import { pgPool } from '../../src/database/pg-pool.ts'
import { asAdmin } from '../support/database.ts'
import { openPort } from '../support/open-port.ts'
import { eventually } from '../support/processes.ts'

const REFUSAL_MS_MAX = 5_000
const FAILOVER_MS_MAX = 5_000
const QUESTION = "select current_setting('cluster_name') as name"

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('of several hosts the primary is used, and after a failover the one that is it then', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-hosts-'))
  chmodSync(folder, 0o755)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const start = (name: string) => startEmbeddedPostgres({ dataDir: join(folder, name) })
  await (await start('primary')).stop()
  execFileSync('cp', ['-a', join(folder, 'primary'), join(folder, 'standby')])
  writeFileSync(join(folder, 'standby', 'postgres', 'data', 'standby.signal'), '')
  const primary = await start('primary')
  const standby = await start('standby')
  const nameOf = (url: string) =>
    asAdmin(url, async (sql) => (await sql.unsafe<{ name: string }[]>(QUESTION))[0]?.name)
  const names = { primary: await nameOf(primary.url), standby: await nameOf(standby.url) }

  const ports = [await closedPort(), await openPort(t, standby.url), await openPort(t, primary.url)]
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  const url = `postgres://strongroom@${hosts}/strongroom`
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'hosts', connectionsMax: 2 })
  const jobs = pgPool(config, KINDS.queue, 1)
  t.after(async () => {
    await Promise.all([sql.end({ timeout: 1 }), jobs.end()])
    await Promise.all([primary.stop(), standby.stop()])
  })
  let last: unknown
  const isOn = (name: string | undefined) => async () => {
    try {
      const [one] = await sql.unsafe<{ name: string }[]>(QUESTION)
      const { rows } = await jobs.query<{ name: string }>(QUESTION)
      last = [one?.name, rows[0]?.name]
      return one?.name === name && rows[0]?.name === name
    } catch (error) {
      last = error
      return false
    }
  }
  assert.ok(await eventually(isOn(names.primary), FAILOVER_MS_MAX), String(last))

  await primary.stop()
  const at = performance.now()
  for (let tries = 0; tries < 3; tries++) {
    await assert.rejects(sql.unsafe(QUESTION), isDatabaseUnavailable)
    await assert.rejects(jobs.query(QUESTION))
  }
  const refused_ms = Math.round(performance.now() - at)
  assert.ok(refused_ms < REFUSAL_MS_MAX, `without a primary it took ${refused_ms} ms to say so`)

  await asAdmin(standby.adminUrl, (admin) => admin`select pg_promote()`)
  const promotedAt = performance.now()
  assert.ok(await eventually(isOn(names.standby), FAILOVER_MS_MAX), String(last))
  t.diagnostic(
    `three refusals in ${refused_ms} ms, on the new primary ` +
      `${Math.round(performance.now() - promotedAt)} ms after its promotion`,
  )
})
