import { chmodSync, cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { asAdmin } from '../support/database.ts'
import { type Attempt, moneyClients } from '../support/money-clients.ts'
import { eventually } from '../support/processes.ts'
import { commandBeside, newDataDir, startServiceProcess } from '../support/service-process.ts'
import { type Cluster, createCluster, folderFor, runAsServer, startCluster } from './cluster.ts'
import { freePort } from './ports.ts'
import { type DrillReport, type Ends, drill, say } from './report.ts'
import { ENV, USERS, move, openAccounts } from './money.ts'

/**
 * `npm run drill:restore`: backups are made while money moves, a second is chosen, the server and its
 * files are destroyed, and the service goes on with a copy restored to that second; then with the dump.
 */
const CLIENTS = 16
const BEFORE_MS = Number(process.env['DRILL_SECONDS'] ?? 3) * 1_000
const RECOVERY_MS_MAX = 120_000
const BEHIND_MS_MAX = 15_000
const SCRIPTS = fileURLToPath(new URL('../../deploy/backup/', import.meta.url))

await drill('Backup and restore', async (report, ends) => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-restore-'))
  ends.after(() => rmSync(home, { recursive: true, force: true }))
  const scripts = copyOfScripts(home)
  const backups = folderFor(home, 'backups')
  const script = (name: string, port: number, ...args: string[]) =>
    runAsServer(join(scripts, name), args, {
      BACKUP_DIR: backups,
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'postgres',
      PGDATABASE: 'strongroom',
    })

  say('A server that archives its WAL, the service on it, and money moving')
  const lost = await createCluster(folderFor(home, 'lost'), await freePort(), {
    archive_mode: 'on',
    archive_command: `${join(scripts, 'archive-wal')} "%p" "%f" ${backups}`,
  })
  ends.after(() => lost.stop())
  // On the service's machine, which the database's disaster leaves alone.
  const dataDir = newDataDir(ends)
  const service = await startServiceProcess(ends, dataDir, {
    ...ENV,
    DATABASE_URL: lost.url,
    MIGRATION_DATABASE_URL: lost.ownerUrl,
  })
  await openAccounts(service.origin)
  const clients = moneyClients({
    clients: CLIENTS,
    userIds: USERS,
    origin: () => service.origin,
  })
  ends.after(() => clients.stop())
  await delay(BEFORE_MS)

  say('A base backup and a dump meanwhile')
  say((await script('base', lost.port)).trim())
  const dumpFrom = Date.now()
  const dump = (await script('dump', lost.port)).trim().split(' ')[1] ?? ''
  const dumpTo = Date.now()
  await delay(BEFORE_MS)

  const chosen = new Date(Math.floor(Date.now() / 1_000) * 1_000)
  say(`The second to come back to: ${chosen.toISOString()}`)
  await delay(BEFORE_MS)
  await archiveAll(lost)
  await clients.stop()
  say((await script('prune', lost.port)).trim())
  say((await script('verify', lost.port)).trim())
  report.expect(...(await verifyWithGap(backups, () => script('verify', lost.port))))

  say('The server and its files are destroyed')
  await lost.kill()
  service.child.kill('SIGKILL')
  await service.ended
  rmSync(lost.data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })

  const began = performance.now()
  const target = join(folderFor(home, 'copy'), 'data')
  say((await script('restore', 0, target, '--time', chosen.toISOString())).split('\n')[0] ?? '')
  const copy = await startCluster(target, await freePort(), { archive_command: '' })
  ends.after(() => copy.stop())
  await promoted(copy)
  report.note('seconds to restore it', ((performance.now() - began) / 1_000).toFixed(1))

  const attempts = [...clients.acknowledged.keys(), ...clients.open]
  report.note('transfers acknowledged in all', clients.acknowledged.size)
  report.tell({
    promise: '20',
    what: 'A server and its files destroyed, and restored to a second and from a dump',
    trials: clients.acknowledged.size,
    faults: 2,
  })
  await compare(report, 'the chosen second', copy.url, attempts, {
    from: chosen.getTime(),
    to: chosen.getTime(),
  })
  await goOn(report, ends, 'the restored copy', copy.url, dataDir)

  say('The dump, into a database of its own')
  const url = copy.url.replace(/strongroom$/, 'from_dump')
  const admin = ['-h', '127.0.0.1', '-p', String(copy.port), '-U', 'postgres']
  await runAsServer('createdb', [...admin, '--owner=strongroom_owner', 'from_dump'])
  await runAsServer('pg_restore', [
    ...admin,
    '--dbname=from_dump',
    '--exit-on-error',
    '--single-transaction',
    join(backups, 'dump', dump),
  ])
  await compare(report, 'the dump', url, attempts, { from: dumpFrom, to: dumpTo })
  await goOn(report, ends, 'the restored dump', url, dataDir)
})

/** The servers' account may not be able to enter the folder that this is run in. */
function copyOfScripts(home: string): string {
  const folder = folderFor(home, 'scripts')
  cpSync(SCRIPTS, folder, { recursive: true })
  for (const name of ['', ...readdirSync(folder)]) chmodSync(join(folder, name), 0o755)
  return folder
}

/** As archive_timeout does by itself: what has happened so far is in the archive. */
async function archiveAll({ adminUrl }: Cluster): Promise<void> {
  await asAdmin(adminUrl, async (sql) => {
    const [row] = await sql`select pg_walfile_name(pg_switch_wal()) as name`
    const isArchived = async () => {
      const [state] = await sql`select last_archived_wal as name from pg_stat_archiver`
      return state !== undefined && state['name'] >= row?.['name']
    }
    if (!(await eventually(isArchived, 30_000))) throw new Error('The WAL is not archived')
  })
}

/** Without one of the WAL files there is no way past it. */
async function verifyWithGap(backups: string, verify: () => Promise<string>) {
  const wal = join(backups, 'wal')
  const names = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name))
  const name = names.at(-2) ?? ''
  renameSync(join(wal, name), join(backups, name))
  const found = await verify().then(
    () => '',
    (error: Error) => error.message,
  )
  renameSync(join(backups, name), join(wal, name))
  const isNamed = found.includes(`the WAL ${name} is missing`)
  return ['a WAL file taken away', isNamed ? 'found' : 'not found', isNamed] as const
}

async function promoted({ adminUrl }: Cluster): Promise<void> {
  const isPrimary = () =>
    asAdmin(adminUrl, async (sql) => {
      const [row] = await sql`select pg_is_in_recovery() as standby`
      return row?.['standby'] === false
    }).catch(() => false)
  if (!(await eventually(isPrimary, RECOVERY_MS_MAX))) throw new Error('The copy is not recovered')
}

/** What was acknowledged before a time is there, and nothing that was sent after it. */
async function compare(
  report: DrillReport,
  name: string,
  url: string,
  attempts: readonly Attempt[],
  time: { from: number; to: number },
): Promise<void> {
  const keys = await asAdmin(url, async (sql) => {
    const rows = await sql<{ key: string }[]>`
      select idempotency_key as key from transfers where idempotency_key like 'client-%'`
    return new Set(rows.map((row) => row.key))
  })
  const before = attempts.filter(({ answeredAt }) => answeredAt !== null && answeredAt < time.from)
  const after = attempts.filter(({ sentAt }) => sentAt > time.to)
  const lost = before.filter(({ key }) => !keys.has(key)).length
  const early = after.filter(({ key }) => keys.has(key)).length
  const enough = before.length > 0 && after.length > 0
  report.expect(`acknowledged before ${name}`, before.length, enough)
  report.expect('  of these not in the copy', lost, lost === 0)
  report.expect(`sent after ${name}`, after.length, enough)
  report.expect('  of these in the copy', early, early === 0)
}

/**
 * The service starts on it, its books are right, and money moves again. Of the log more was published
 * than the copy has, so nothing is signed until an operator decides.
 */
async function goOn(
  report: DrillReport,
  ends: Ends,
  name: string,
  url: string,
  dataDir: string,
): Promise<void> {
  const env = { ...ENV, DATABASE_URL: url }
  for (const command of [
    ['ledger', 'verify'],
    ['audit', 'verify'],
  ]) {
    const { status, output } = await commandBeside(command, env)
    say(output.trim())
    report.expect(`${name}: strongroom ${command.join(' ')}`, `exit ${status}`, status === 0)
  }
  const service = await startServiceProcess(ends, dataDir, env)
  const answer = await move(service.origin, 'top_up', 'after-the-restore')
  report.expect(`${name}: a new top-up`, answer, answer === 200)
  const isBehind = await eventually(async () => {
    const published = await fetch(`${service.origin}/log/checkpoint`)
    return published.status === 503 && (await published.text()).includes('LOG_BEHIND')
  }, BEHIND_MS_MAX)
  report.expect(`${name}: the log is published`, isBehind ? 'no: LOG_BEHIND' : 'yes', isBehind)
  service.child.kill('SIGTERM')
  await service.ended
}
