import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { asAdmin } from '../support/database.ts'
import { moneyClients } from '../support/money-clients.ts'
import { eventually } from '../support/processes.ts'
import { commandBeside, newDataDir, startServiceProcess } from '../support/service-process.ts'
import { createCluster, folderFor, standbyOf } from './cluster.ts'
import { judgeLedger, noteAnswers } from './ledger.ts'
import { ENV, USERS, move, openAccounts } from './money.ts'
import { freePort } from './ports.ts'
import { drill, say } from './report.ts'

/**
 * `npm run drill:failover`: a primary whose commits wait for a standby is killed while money moves, and
 * the standby is promoted. Two servers that know both by DATABASE_URL go on with the new primary.
 */
const ROUNDS = Number(process.env['DRILL_ROUNDS'] ?? 3)
const CLIENTS = 32
const LOAD_MS = 3_000
/** What a cluster manager takes to be sure that the primary is gone. */
const DETECTION_MS = 1_500
const BACK_MS_MAX = 5_000

await drill(`Failover, ${ROUNDS} times`, async (report, ends) => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-failover-'))
  ends.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  const ports = [await freePort(), await freePort()] as const
  let primary = await createCluster(folderFor(home, 'first'), ports[0], { max_connections: '200' })
  ends.after(() => primary.stop())
  let standby = await standbyOf(primary, folderFor(home, 'second'), ports[1])
  ends.after(() => standby.stop())

  const hosts = `127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}`
  const env = {
    ...ENV,
    DATABASE_URL: `postgres://strongroom@${hosts}/strongroom`,
    MIGRATION_DATABASE_URL: `postgres://strongroom_owner@${hosts}/strongroom`,
  }
  const services = [
    await startServiceProcess(ends, newDataDir(ends), env),
    await startServiceProcess(ends, newDataDir(ends), env),
  ] as const
  await openAccounts(services[0].origin)
  let turn = 0
  const clients = moneyClients({
    clients: CLIENTS,
    userIds: USERS,
    origin: () => services[turn++ % 2 === 0 ? 0 : 1].origin,
  })
  ends.after(() => clients.stop())

  const alone = await commandBeside(['ledger', 'verify'], { ...ENV, DATABASE_URL: standby.url })
  report.expect(
    'a command on a standby alone',
    `exit ${alone.status}`,
    alone.status === 1 && alone.output.includes('standby'),
  )

  const outages_ms: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    await delay(LOAD_MS)
    say(`Round ${round}: SIGKILL of the primary on ${primary.port}, under load`)
    const killedAt = performance.now()
    await primary.kill()
    await delay(DETECTION_MS)
    const answer = await move(services[0].origin, 'top_up', `meanwhile-${round}`).catch(() => 0)
    report.expect(`round ${round}: an answer with a standby only`, answer, answer === 503)
    await asAdmin(standby.adminUrl, (sql) => sql`select pg_promote()`)
    const promotedAt = performance.now()
    for (const { origin } of services) {
      const isBack = async () =>
        (await move(origin, 'top_up', `back-${round}`).catch(() => 0)) === 200 &&
        (await fetch(`${origin}/health/ready`)).status === 200
      const back = await eventually(isBack, BACK_MS_MAX)
      const took_ms = Math.round(performance.now() - promotedAt)
      report.expect(`round ${round}: a server back after the promotion, ms`, took_ms, back)
    }
    outages_ms.push(Math.round(performance.now() - killedAt))
    await delay(LOAD_MS)

    const gone = primary
    primary = standby
    rmSync(gone.data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    if (round < ROUNDS) {
      const folder = folderFor(home, `standby-${round}`)
      standby = await standbyOf(primary, folder, gone.port)
    }
  }

  await clients.stop()
  report.tell({
    promise: '1',
    what: 'A primary killed under load, and its standby promoted',
    trials: clients.acknowledged.size,
    faults: ROUNDS,
  })
  report.note('longest from a kill until both were back, ms', Math.max(...outages_ms))
  noteAnswers(report, clients)
  await judgeLedger(report, clients, primary.url)
})
