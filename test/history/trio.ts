import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Cluster,
  createCluster,
  folderFor,
  standbyOf,
  startCluster,
} from '../drills/cluster.ts'
import { freePort } from '../drills/ports.ts'
import { type Ends, say } from '../drills/report.ts'
import { clockFromFile, setClock, settableClock } from '../support/clock.ts'
import { asAdmin } from '../support/database.ts'
import { type DatabaseProxy, databaseProxy } from '../support/database-proxy.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  type ServiceProcess,
  commandBeside,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'

/** Three processes of the service, and the one database that they reach through a proxy. */
export interface Trio {
  origins: readonly string[]
  proxy: DatabaseProxy
  /** The database, as its superuser, past the proxy. */
  adminUrl(): string
  primary(): Cluster
  service(number: number): ServiceProcess
  killService(number: number): Promise<void>
  startService(number: number): Promise<void>
  killDatabase(): Promise<void>
  startDatabase(): Promise<void>
  /** Adds a standby, for which commits wait from then on. */
  addStandby(): Promise<void>
  /** Kills the primary, and makes the standby the new one. */
  failOver(): Promise<void>
  /** Sets all clocks so many milliseconds ahead of the real one. */
  setClocks(aheadMs: number): Promise<void>
}

export const SERVICES = 3

export async function startTrio(ends: Ends): Promise<Trio> {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-history-'))
  ends.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  const clock = join(home, 'clock')
  writeFileSync(clock, '0')
  const settings = { max_connections: '300' }
  let primary = await createCluster(folderFor(home, 'first'), await freePort(), settings)
  let standby: Cluster | null = null
  ends.after(() => {
    primary.stop()
    standby?.stop()
  })
  const adminUrl = () => primary.adminUrl.replace(/postgres$/, 'strongroom')
  const ENV = { INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN, LOG_LEVEL: 'error' }
  const migrated = await commandBeside(['migrate'], {
    ...ENV,
    DATABASE_URL: primary.url,
    MIGRATION_DATABASE_URL: primary.ownerUrl,
  })
  if (migrated.status !== 0) throw new Error(migrated.output)
  await settableClock({ adminUrl: adminUrl(), name: 'strongroom' })
  const proxy = await databaseProxy(ends, primary.url)

  const places = await Promise.all(
    Array.from({ length: SERVICES }, async () => ({
      port: await freePort(),
      dataDir: newDataDir(ends),
    })),
  )
  const services: ServiceProcess[] = []
  const startService = async (number: number) => {
    const { port = 0, dataDir = '' } = places[number] ?? {}
    services[number] = await startServiceProcess(ends, dataDir, {
      ...ENV,
      DATABASE_URL: proxy.url,
      MIGRATE_ON_START: 'false',
      RUN_JOBS: String(number === 0),
      PORT: String(port),
      NODE_OPTIONS: clockFromFile(clock),
    })
  }
  const service = (number: number) => {
    const one = services[number]
    if (one === undefined) throw new Error('There is no such service')
    return one
  }
  await Promise.all(places.map((_, number) => startService(number)))
  // What they complain of helps to understand a failure.
  ends.after(() => {
    for (const one of services) say(one.output().split('\n').slice(-6).join('\n'))
  })

  let standbys = 0
  return {
    origins: places.map(({ port }) => `http://127.0.0.1:${port}`),
    proxy,
    adminUrl,
    primary: () => primary,
    service,
    startService,
    killService: async (number) => {
      service(number).child.kill('SIGKILL')
      await service(number).ended
    },
    killDatabase: () => primary.kill(),
    startDatabase: async () => {
      primary = await startCluster(primary.data, primary.port)
    },
    addStandby: async () => {
      const folder = folderFor(home, `standby-${++standbys}`)
      standby = await standbyOf(primary, folder, await freePort())
    },
    failOver: async () => {
      if (standby === null) throw new Error('There is no standby')
      const [gone, next] = [primary, standby]
      await gone.kill()
      primary = next
      standby = null
      await asAdmin(next.adminUrl, (sql) => sql`select pg_promote()`)
      proxy.leadTo(next.url)
      rmSync(gone.data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
    setClocks: async (aheadMs) => {
      writeFileSync(clock, String(aheadMs))
      await setClock(adminUrl(), aheadMs)
    },
  }
}
