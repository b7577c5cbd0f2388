import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { sharedCommits } from '../shared-commits.ts'
import { KINDS } from '../plugins/database/kinds.ts'
import { Refusal } from '../refusals.ts'
import { anomalyQueue, findAnomalies } from './anomalies.ts'
import { chargingWriter } from './charges.ts'
import { usageMetrics } from './metrics.ts'
import type { Settled } from './meter-statements.ts'
import { type Report, type ReportDraft, type Reported, newReport } from './reports.ts'
import { cleanUsageDaily } from './retention.ts'
import { type WriterOptions, usageWriter } from './writer.ts'

const BATCH_MAX = KINDS.usage.rowsMax
const WAITING_MAX = 20_000
/** Bounds the memory of what waits: a report may have 100 values. */
const WAITING_VALUES_MAX = 400_000
const CLOSE_TIMEOUT_S = 5
const ANOMALIES_INTERVAL_MS = 1_000
/** How often to ask whether the day's cleaning is due: a process may not live for a day. */
const CLEANING_INTERVAL_MS = 600_000

declare module 'fastify' {
  interface FastifyInstance {
    usage: {
      /**
       * Stores a report once, durably, with the totals it is part of.
       * @throws Refusal `IDEMPOTENCY_KEY_REUSED`, `VALIDATION_FAILED` for a time out of bounds,
       * `OVERLOADED`, or why it can not be paid for
       */
      report(draft: ReportDraft): Promise<Reported>
      /** Counts what became of a meter event on its way to Stripe. */
      meterEventSettled(outcome: Settled['outcome']): void
    }
  }
}

export interface UsageOptions {
  retentionDays: number
}

/** Reports written in shared commits, with their charges, the look for anomalies behind them, and the daily cleaning. */
export const usage = fp(
  async (app: FastifyInstance, { retentionDays }: UsageOptions) => {
    const writing = app.connections.open('usage')
    const charging = app.connections.open('usage charges')
    const judging = app.connections.open('usage anomalies')
    const metrics = usageMetrics(app, () => commits.waiting() + charges.waiting())
    const queue = anomalyQueue(() => metrics.unjudged.inc())
    const options: WriterOptions = {
      retentionDays,
      onWritten: (written, created) => {
        queue.add(created, written.receivedAt)
        if (written.exceeded > 0) metrics.findings.inc({ kind: 'limit_exceeded' }, written.exceeded)
      },
    }
    const writer = usageWriter(options)
    const charger = chargingWriter(app.funds.ledger, options)
    const limits = { lanes: 1, batchMax: BATCH_MAX, waitingMax: WAITING_MAX }
    const commits = sharedCommits<Report, Reported | null>({
      ...limits,
      commit: (batch) => {
        metrics.batches.observe(batch.length)
        return writer.commit(writing, batch)
      },
    })
    // Apart, so that who pays with each report holds up nobody else.
    const charges = sharedCommits<Report, Reported>({
      ...limits,
      commit: (batch) => charger.commit(charging, batch),
    })

    let waitingValues = 0
    app.decorate('usage', {
      report: async (draft) => {
        const values = Object.keys(draft.metrics).length
        waitingValues += values
        try {
          if (waitingValues > WAITING_VALUES_MAX) throw new Refusal('OVERLOADED')
          const report = newReport(draft)
          const reported = (await commits.submit(report)) ?? (await charges.submit(report))
          metrics.reports.inc({ outcome: reported.replayed ? 'replayed' : 'created' })
          return reported
        } catch (error) {
          metrics.reports.inc({ outcome: 'refused' })
          throw error
        } finally {
          waitingValues -= values
        }
      },
      meterEventSettled: (outcome) => metrics.meterEvents.inc({ outcome }),
    })

    const anomalies = every(ANOMALIES_INTERVAL_MS, 'Could not look for anomalies', async () => {
      const found = await findAnomalies(judging, queue.take())
      if (found > 0) metrics.findings.inc({ kind: 'anomaly' }, found)
    })
    const cleaning = every(CLEANING_INTERVAL_MS, 'Could not delete old reports', async () => {
      const cleaned = await cleanUsageDaily(app.db, retentionDays)
      if (cleaned !== null) app.log.info(cleaned, 'Deleted reports past their retention')
    })

    /** Runs a job again and again, never beside itself. */
    function every(intervalMs: number, failure: string, job: () => Promise<void>) {
      let running = Promise.resolve()
      let isRunning = false
      const timer = setInterval(() => {
        if (isRunning) return
        isRunning = true
        running = job()
          .catch((error: unknown) => app.log.warn({ err: error }, failure))
          .finally(() => (isRunning = false))
      }, intervalMs)
      timer.unref()
      return {
        stop: async () => {
          clearInterval(timer)
          await running
        },
      }
    }

    app.addHook('onClose', async () => {
      // The cleaning may go on for long, and ends with the pool's connections.
      void cleaning.stop()
      await anomalies.stop()
      await Promise.all(
        [writing, charging, judging].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })),
      )
    })
  },
  { name: 'usage', dependencies: ['errors', 'metrics', 'database', 'funds'] },
)
