import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { moneyClients } from '../support/money-clients.ts'
import { startStripe } from '../support/stripe/index.ts'
import { eventually, run } from '../support/processes.ts'
import {
  type ServiceProcess,
  command,
  launchWorker,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'
import { createCluster, folderFor } from './cluster.ts'
import { judgeLedger, noteAnswers } from './ledger.ts'
import { ENV, USERS, openAccounts } from './money.ts'
import { startNginx } from './nginx.ts'
import { freePort } from './ports.ts'
import { drill, say } from './report.ts'

/**
 * `npm run drill:replicas`: three servers and two workers on one PostgreSQL and one Redis behind nginx.
 * While money moves, each server is restarted in turn, and then one is killed.
 */
const CLIENTS = 16
const DRAIN_S = 4
/** nginx lets go of an idle connection sooner than a server that drains does. */
const IDLE_S = 2
const STRIPE = {
  secretKey: 'sk_test_of_the_drill_0123456789abcdef',
  webhookSecret: 'whsec_of_the_drill_0123456789abcdefg',
}
const STEADY_MS = 2_000
const READY_MS_MAX = 20_000
const JOB_MS_MAX = 60_000

await drill('Three servers, two workers', async (report, ends) => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-replicas-'))
  ends.after(() => rmSync(home, { recursive: true, force: true }))
  const cluster = await createCluster(folderFor(home, 'postgres'), await freePort(), {
    max_connections: '200',
  })
  ends.after(() => cluster.stop())
  const redisPort = await freePort()
  const redisFlags = ['--bind', '127.0.0.1', '--port', String(redisPort), '--save', '']
  const redis = run('redis-server', redisFlags, { cwd: home })
  ends.after(() => redis.child.kill('SIGTERM'))
  await redis.says('Ready to accept connections')

  const stripe = await startStripe(STRIPE)
  ends.after(() => stripe.close())

  const env = {
    ...ENV,
    DATABASE_URL: cluster.url,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    TRUST_PROXY: '127.0.0.1',
    MIGRATE_ON_START: 'false',
    RUN_JOBS: 'false',
    DRAIN_DELAY_S: String(DRAIN_S),
    STRIPE_SECRET_KEY: STRIPE.secretKey,
    STRIPE_WEBHOOK_SECRET: STRIPE.webhookSecret,
    STRIPE_API_BASE: stripe.origin,
  }
  const migrated = command(['migrate'], { ...env, MIGRATION_DATABASE_URL: cluster.ownerUrl })
  if (migrated.status !== 0) throw new Error(migrated.stderr)
  const ports = [await freePort(), await freePort(), await freePort()]
  const startServer = (port: number) =>
    startServiceProcess(ends, newDataDir(ends), { ...env, PORT: String(port) })
  const servers = new Map<number, ServiceProcess>()
  for (const port of ports) servers.set(port, await startServer(port))
  const toTheJob = clockBefore(17)
  const workers = [1, 2].map(() =>
    launchWorker(ends, newDataDir(ends), { ...env, LOG_LEVEL: 'info', NODE_OPTIONS: toTheJob }),
  )
  for (const worker of workers) await worker.says('Running background jobs')
  const nginx = await startNginx(ends, home, { servers: ports, idleS: IDLE_S })
  const { origin } = nginx
  await openAccounts(origin)

  const clients = moneyClients({ clients: CLIENTS, userIds: USERS, origin: () => origin })
  ends.after(() => clients.stop())
  await delay(STEADY_MS)

  for (const [port, server] of servers) {
    say(`SIGTERM to the server on ${port}, and a new one in its place`)
    server.child.kill('SIGTERM')
    const status = await server.ended
    report.expect(`the server on ${port}, told to stop`, `exit ${status}`, status === 0)
    servers.set(port, await startServer(port))
    await becomesReady(port)
  }
  await delay(STEADY_MS)
  const { total, failed } = clients.totals()
  report.expect('requests up to the end of the rolling restart', total, total > 0)
  report.expect('  of these failed', failed, failed === 0)
  noteAnswers(report, clients)
  if (failed > 0) say(nginx.complaints().join('\n'))

  const [port = 0] = ports
  say(`SIGKILL of the server on ${port}`)
  const killed = servers.get(port)
  killed?.child.kill('SIGKILL')
  await killed?.ended
  await delay(STEADY_MS)
  servers.set(port, await startServer(port))
  await becomesReady(port)
  await delay(STEADY_MS)
  await clients.stop()
  const afterwards = clients.totals()
  report.tell({
    promise: '',
    what: 'Requests while each of three servers is restarted, and one killed',
    trials: afterwards.total,
    faults: ports.length + 1,
  })
  report.note('requests after that, a server killed', afterwards.total - total)
  report.note('  of these failed, and repeated under their keys', afterwards.failed - failed)
  await judgeLedger(report, clients, cluster.url)

  const runs = () =>
    workers.map((worker) => worker.output().split('Compared subscriptions').length - 1)
  const sum = () => runs().reduce((a, b) => a + b, 0)
  await eventually(() => sum() > 0, JOB_MS_MAX)
  // The other worker's clock is the same: it would have begun by now.
  await delay(STEADY_MS)
  report.expect('runs of the hourly job, by two workers', runs().join(' + '), sum() === 1)
})

async function becomesReady(port: number): Promise<void> {
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      (answer) => answer.status === 200,
      () => false,
    )
  if (!(await eventually(isReady, READY_MS_MAX)))
    throw new Error(`The server on ${port} is not ready`)
}

/**
 * Options for Node that set a process's clock back to half a minute before a minute of the hour, at
 * which a job is due: a drill can not wait for it.
 */
function clockBefore(minute: number): string {
  const due_ms = minute * 60_000 - 30_000
  const back_ms = (Date.now() - due_ms) % 3_600_000
  const program = `
    const Real = Date, back = ${back_ms}
    globalThis.Date = class extends Real {
      constructor(...args) { args.length ? super(...args) : super(Real.now() - back) }
      static now() { return Real.now() - back }
    }`
  return `--import=data:text/javascript,${encodeURIComponent(program)}`
}
