import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Socket, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { isDatabaseUnavailable } from '../../src/database/faults.ts'
import { eventually, postmaster } from '../support/processes.ts'

/** Most of it the server's own recovery, which flushes its whole folder to a disk that others use too. */
const RECOVERY_MS_MAX = 20_000
const KILLS = 5
const WORKERS = 32

/** A server of its own, which starts again by itself, and a pool as the service has it. */
async function openPool(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-lost-'))
  const server = await startEmbeddedPostgres({ dataDir })
  const config = { url: server.migrationUrl, ssl: 'disable', ca: undefined } as const
  const pool = connect(config, { name: 'lost', connectionsMax: 8 })
  const lane = connect(config, { name: 'lane', connectionsMax: 1 })
  t.after(async () => {
    await Promise.all([pool, lane].map((sql) => sql.end({ timeout: 1 })))
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  await pool`
    create table parts (transaction int, part int, xid xid8 default pg_current_xact_id(),
      primary key (transaction, part))`
  return { pool, lane, data: join(dataDir, 'postgres', 'data') }
}

/** Each transaction writes two parts, with a pause between them in which the server may go away. */
function load(begin: (work: (sql: postgres.Sql) => Promise<void>) => Promise<unknown>) {
  let next = 0
  const ended = new AbortController()
  const acknowledged: number[] = []
  const errors: unknown[] = []
  let lastErrorAt = 0

  const workers = Array.from({ length: WORKERS }, async () => {
    while (!ended.signal.aborted) {
      const id = next++
      try {
        await begin(async (sql) => {
          await sql`insert into parts (transaction, part) values (${id}, 1)`
          if (id % 3 === 0) await delay(id % 10)
          await sql`insert into parts (transaction, part) values (${id}, 2)`
        })
        acknowledged.push(id)
      } catch (error) {
        errors.push(error)
        lastErrorAt = performance.now()
        await delay(5)
      }
    }
  })
  return {
    acknowledged,
    errors,
    lastErrorAt: () => lastErrorAt,
    stop: async () => {
      ended.abort()
      await Promise.all(workers)
    },
  }
}

test('transactions survive a server that is killed again and again', async (t) => {
  const { pool, data } = await openPool(t)
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', onUncaught)
  t.after(() => process.off('uncaughtException', onUncaught))

  const work = load((transaction) =>
    pool.begin((sql) => transaction(sql as unknown as postgres.Sql)),
  )
  // A load that goes on after a fault would keep the process from ending.
  t.after(() => work.stop())
  const recoveries: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    await delay(200 + 97 * kill)
    const killedAt = performance.now()
    process.kill(postmaster(data), 'SIGKILL')
    const errorsBefore = work.errors.length
    assert.ok(await eventually(() => work.errors.length > errorsBefore, 2_000), 'nothing was hit')
    // Back for all: as many successes as there are workers and connections, and no more errors.
    const successes = work.acknowledged.length
    const back = await eventually(
      () =>
        work.acknowledged.length > successes + 10 * WORKERS &&
        performance.now() - work.lastErrorAt() > 200,
      RECOVERY_MS_MAX,
    )
    assert.ok(back, `not back after kill ${kill}`)
    recoveries.push(Math.round(work.lastErrorAt() - killedAt))
  }
  await work.stop()
  t.diagnostic(`last error after a kill, in ms: ${recoveries.join(', ')}`)
  t.diagnostic(`${work.acknowledged.length} acknowledged, ${work.errors.length} failed`)

  assert.deepEqual(uncaught, [])
  const unexpected = work.errors.filter((error) => !isDatabaseUnavailable(error))
  assert.deepEqual(unexpected, [])
  await assertWhole(pool, work.acknowledged)
})

test('a transaction whose session is ended leaves nothing on the next session', async (t) => {
  const { pool, lane, data } = await openPool(t)
  for (const end of ['terminate', 'kill'] as const) {
    const id = end === 'kill' ? 1 : 2
    await assert.rejects(
      lane.begin(async (sql) => {
        await sql`insert into parts (transaction, part) values (${id}, 1)`
        const [session] = await sql`select pg_backend_pid() as pid`
        if (end === 'kill') process.kill(postmaster(data), 'SIGKILL')
        else await pool`select pg_terminate_backend(${session?.['pid']})`
        await delay(300)
        // Its session is gone: on another one this would be committed by itself.
        await sql`insert into parts (transaction, part) values (${id}, 2)`.catch(() => undefined)
        await sql`select 1`.catch(() => undefined)
      }),
      isDatabaseUnavailable,
    )
    const back = await eventually(
      () =>
        lane`select 1`.then(
          () => true,
          () => false,
        ),
      RECOVERY_MS_MAX,
    )
    assert.ok(back, `not back after ${end}`)
  }
  await lane.begin((sql) => sql`insert into parts (transaction, part) values (3, 1), (3, 2)`)
  await assertWhole(lane, [3])
  assert.equal((await lane`select from parts where transaction < 3`).length, 0)
})

test('a query sent between the error of a connection and its close is settled', async (t) => {
  const { pool, data } = await openPool(t)
  const proxy = await openProxy(t, join(data, '..', 'socket', '.s.PGSQL.5432'))
  const config = { url: proxy.url, ssl: 'disable', ca: undefined } as const
  const lane = connect(config, { name: 'reset', connectionsMax: 1 })
  t.after(() => lane.end({ timeout: 1 }))

  for (let round = 0; round < 5; round++) {
    await lane`select 1`
    const text = `select pg_sleep(10) as round_${round}`
    const lost = lane.unsafe(text).catch((error: unknown) => {
      // As the ledger does, in the moment when it learns of the loss.
      const rollback = lane`rollback`.catch(() => undefined)
      return { error, rollback: rollback.then(() => 'settled') }
    })
    assert.ok(await eventually(() => isRunning(pool, text), RECOVERY_MS_MAX))
    proxy.reset()
    const { error, rollback } = await (lost as Promise<{
      error: unknown
      rollback: Promise<string>
    }>)
    assert.ok(isDatabaseUnavailable(error))
    const never = delay(RECOVERY_MS_MAX, 'never', { ref: false })
    assert.equal(await Promise.race([rollback, never]), 'settled')
    // And no answer of the new session goes to a query of the old one.
    const words = ['a', 'b', 'c'].map((word) => lane`select ${word} as word`)
    const rows = await Promise.all(words)
    assert.deepEqual(
      rows.map(([row]) => row?.['word']),
      ['a', 'b', 'c'],
    )
  }
})

/** Between the driver and the server, so that a connection can be reset as a network does. */
async function openProxy(t: TestContext, socketPath: string) {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = createConnection(socketPath)
    open.add(client)
    client.on('error', () => undefined).on('close', () => upstream.destroy())
    upstream.on('error', () => undefined).on('close', () => client.destroy())
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reset = (): void => {
    open.forEach((client) => client.resetAndDestroy())
    open.clear()
  }
  t.after(() => {
    reset()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { url: `postgres://strongroom_owner@127.0.0.1:${port}/strongroom`, reset }
}

async function isRunning(sql: postgres.Sql, text: string): Promise<boolean> {
  const rows = await sql`
    select from pg_stat_activity
    where datname = current_database() and state = 'active' and query = ${text}`
  return rows.length > 0
}

/** Every transaction is there as a whole or not at all, and those acknowledged are there. */
async function assertWhole(sql: postgres.Sql, acknowledged: number[]): Promise<void> {
  const rows = await sql<{ transaction: number; parts: number; xids: number }[]>`
    select transaction, count(*)::int as parts, count(distinct xid)::int as xids
    from parts group by transaction`
  const torn = rows.filter((row) => row.parts !== 2 || row.xids !== 1)
  assert.deepEqual([...torn], [])
  const kept = new Set(rows.map((row) => row.transaction))
  assert.deepEqual(
    acknowledged.filter((id) => !kept.has(id)),
    [],
  )
}
