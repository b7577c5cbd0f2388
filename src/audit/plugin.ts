import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import { type IssuedCheckpoint, checkpoints } from './checkpoints.ts'
import { auditMetrics } from './metrics.ts'
import { type CommittedFacts, recentFacts } from './recent.ts'
import { type Follower, sequence } from './sequencer.ts'
import { everySo } from '../scheduling/every-so.ts'
import { type LogSource, combined } from './source.ts'
import { type LogSettings, WrongLog } from './tlog/identity.ts'
import { tlogMetrics } from './tlog/metrics.ts'
import { type Publisher, publisher } from './tlog/publisher.ts'

/** How often new records are put into the log; on average they wait half of this. */
const INTERVAL_MS = 80
const RETRY_MS = 1_000
const CLOSE_TIMEOUT_S = 5

export interface AuditOptions {
  checkpointFolder: string | undefined
  dataDir: string
  settings: LogSettings
  production: boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    audit: {
      /** Adds a source whose rows are leaves of the log too; call it before the service is ready. */
      addSource(source: LogSource): void
      /**
       * Adds a follower, which writes in each round of the log. Call it before the service is
       * ready.
       */
      addFollower(follower: Follower): void
      /** All sources combined into one. */
      source: LogSource
      /**
       * Remembers the facts of a row of `audit_records` that was just committed, so that logging need
       * not read them again.
       */
      remember(recordId: bigint, facts: () => CommittedFacts): void
      /** For reading the log and its tree. */
      sql: postgres.Sql
      newestCheckpoint(): Promise<IssuedCheckpoint | null>
      /**
       * A checkpoint that covers so many records, or all that the log has now.
       * @throws Refusal `SIGNING_KEY_MISSING`
       */
      currentCheckpoint(records?: number): Promise<IssuedCheckpoint>
      issueCheckpoint(): Promise<IssuedCheckpoint>
      /** The log as it is published. */
      published: Pick<Publisher, 'published' | 'vkey' | 'coveredSize'>
    }
  }
}

/** Puts committed records into the log, and issues its checkpoints. */
export const audit = fp(
  async (app: FastifyInstance, options: AuditOptions) => {
    const { checkpointFolder: folder, dataDir, settings, production } = options
    const writing = app.connections.open('audit')
    const reading = app.connections.open('audit reads')
    const metrics = auditMetrics(app.metrics)
    const published = publisher({
      sql: reading,
      log: app.log,
      settings,
      dataDir,
      checkpointFolder: folder,
      isStrict: production,
    })
    tlogMetrics(app.metrics, published)
    const issuer = checkpoints({ sql: reading, keys: app.keys, log: app.log, folder, published })
    const recent = recentFacts()
    const sources: LogSource[] = []
    const source = combined(sources)
    const followers: Follower[] = []
    app.decorate('audit', {
      addSource: (one) => void sources.push(one),
      addFollower: (one) => void followers.push(one),
      source,
      remember: recent.remember,
      sql: reading,
      newestCheckpoint: issuer.newest,
      currentCheckpoint: issuer.current,
      issueCheckpoint: issuer.issue,
      published,
    })

    app.jobs.add({
      name: 'audit_checkpoint',
      cron: '0 * * * *',
      run: async () => {
        if (app.keys.signingKeyId !== null) await issuer.issue()
      },
    })

    const publishing = everySo(published.intervalMs, published.tick, (error) =>
      app.log.warn({ err: error }, 'Could not publish the audit log'),
    )
    let timer: NodeJS.Timeout | undefined
    let round: Promise<void> = Promise.resolve()
    let isClosing = false

    async function run(): Promise<void> {
      let pause = INTERVAL_MS
      try {
        const done = await sequence(writing, source, recent, followers)
        metrics.added(done)
        if (done.isFull) pause = 0
      } catch (error) {
        if (isClosing) return
        metrics.failed()
        app.log.warn({ err: error }, 'Could not put records into the audit log')
        pause = RETRY_MS
      }
      if (!isClosing) timer = setTimeout(next, pause).unref()
    }

    function next(): void {
      round = run()
    }

    app.addHook('onReady', async () => {
      // The process starts even if the database does not answer yet.
      await published.check().catch((error: unknown) => {
        if (error instanceof WrongLog) throw error
        app.log.warn({ err: error }, 'Could not read the published state of the audit log')
      })
      next()
      publishing.start()
    })
    app.addHook('onClose', async () => {
      isClosing = true
      clearTimeout(timer)
      published.stopAsking()
      await Promise.all([round, publishing.stop()])
      await published.close()
      const clients = [writing, reading]
      await Promise.all(clients.map((client) => client.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'audit', dependencies: ['database', 'jobs', 'key-ring', 'metrics'] },
)
