import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import { fairRoom } from '../scheduling/fair-room.ts'
import { ALONE, type Reach, SHARED } from '../funds/ledger.ts'
import { SetAside } from '../funds/set-aside.ts'
import { PATIENCE_MS, busyAccount, waitingRoom } from '../funds/waiting-room.ts'
import { Refusal } from '../refusals/index.ts'
import { inTurn } from '../scheduling/in-turn.ts'
import { sharedCommits } from '../scheduling/shared-commits.ts'
import type { Attempt } from '../http/outcomes/attempt.ts'
import { KINDS } from '../database/kinds.ts'
import type { Allowances } from './allowances.ts'
import { anomalyQueue, findAnomalies } from './anomalies.ts'
import { chargingWriter } from './charges.ts'
import { type Corrected, type CorrectionDraft, newCorrection } from './correction.ts'
import { correctionWriter } from './corrections.ts'
import { knownNames } from './known-names.ts'
import { usageMetrics } from './metrics.ts'
import type { Settled } from './meter-statements.ts'
import { type ReportedBatch, usageReporter } from './reporting.ts'
import type { Report, ReportDraft, Reported } from './reports.ts'
import { sendMeterEvents } from './meter-events.ts'
import { cleanUsageDaily, deleteOldReports } from './retention.ts'
import { type WriterOptions, usageWriter } from './writer.ts'
import { endAllowance, hasPaidForUsage, usageSteps } from './erasure.ts'
import { usageExports } from './export.ts'

/** The reports and the values of one commit, which takes some tens of milliseconds. */
const BATCH_MAX = KINDS.usage.rowsMax
const BATCH_VALUES_MAX = 3_000
/** The values of one customer in a commit: others wait for this much of it, in one commit. */
const BATCH_CUSTOMER_VALUES_MAX = 500
/**
 * The values that may wait: each is written long before its caller's time is up. One customer may
 * have two of the largest batches waiting.
 */
const WAITING_VALUES_MAX = 40_000
const WAITING_CUSTOMER_VALUES_MAX = 20_000
/** For reports whose customer or account another transaction has locked. */
const ASIDE_MAX = 4_000
/** Of one customer: two of the largest batches. */
const ASIDE_LINE_MAX = 2_000
const CLOSE_TIMEOUT_S = 5
const ANOMALIES_INTERVAL_MS = 1_000
/** How often to check whether the daily cleaning is due: a process may not live for a day. */
const CLEANING_INTERVAL_MS = 600_000

declare module 'fastify' {
  interface FastifyInstance {
    usage: {
      /**
       * Stores a report once, durably, together with its totals.
       * @throws Refusal `IDEMPOTENCY_KEY_REUSED`, `VALIDATION_FAILED` for a time out of bounds,
       * `TOO_MANY_METRICS`, `RATE_LIMITED`, `OVERLOADED`, or the reason why it can't be paid for
       * @param attempt the request's attempt, whose time limits the wait
       */
      report(draft: ReportDraft, attempt?: Attempt): Promise<Reported>
      /**
       * Stores reports of one customer, each with its own outcome, after their values were reserved.
       * @param attempt the request's attempt, whose time limits the wait
       * @throws Refusal `RATE_LIMITED` or `OVERLOADED` if there is no room for all of them; nothing
       * is stored then
       */
      reportBatch(
        customerId: string,
        drafts: readonly ReportDraft[],
        attempt?: Attempt,
      ): Promise<ReportedBatch>
      /**
       * Takes a report back, once.
       * @throws Refusal `CUSTOMER_NOT_FOUND`, `REPORT_NOT_FOUND`, `ACCOUNT_BUSY` or `BALANCE_LIMIT`
       * @param attempt the request's, whose time bounds the wait
       */
      correct(draft: CorrectionDraft, attempt?: Attempt): Promise<Corrected>
      /** Counts the outcome of sending a meter event to Stripe. */
      meterEventSettled(outcome: Exclude<Settled['outcome'], 'known'>): void
    }
  }
}

export interface UsageOptions {
  retentionDays: number
  allowances: Allowances
}

/**
 * Writes reports in shared commits, together with their charges, then looks for anomalies; and cleans
 * up daily.
 */
export const usage = fp(
  async (app: FastifyInstance, { retentionDays, allowances }: UsageOptions) => {
    const writing = app.connections.open('usage')
    const charging = app.connections.open('usage charges')
    const aside = app.connections.open('usage charges aside')
    const judging = app.connections.open('usage anomalies')
    const metrics = usageMetrics(
      app,
      () => commits.waiting() + charges.waiting() + setAside.waiting(),
    )
    const queue = anomalyQueue(() => metrics.unjudged.inc())
    const known = knownNames()
    const options: WriterOptions = {
      retentionDays,
      defaultPlan: app.defaultPlan,
      allowances,
      known,
      onWritten: (written, created) => {
        queue.add(created, written.receivedAt)
        if (written.exceeded > 0) metrics.findings.inc({ kind: 'limit_exceeded' }, written.exceeded)
      },
    }
    const writer = usageWriter(options)
    const charger = chargingWriter(app.funds.ledger, options)
    const corrector = correctionWriter(app.funds.ledger)
    const limits = {
      lanes: 1,
      batchMax: BATCH_MAX,
      // The room is the actual limit, and fair shares may exceed it.
      waitingMax: 2 * WAITING_VALUES_MAX,
      ownerOf: (report: Report) => report.customerId,
      weightOf: (report: Report) => report.valueCount,
      weightMax: BATCH_VALUES_MAX,
      ownerWeightMax: BATCH_CUSTOMER_VALUES_MAX,
      isGivenUp: (report: Report) => report.givenUp,
    }
    const commits = sharedCommits<Report, Reported | null>({
      ...limits,
      commit: (batch) => {
        metrics.batches.observe(batch.length)
        return writer.commit(writing, batch)
      },
    })
    const pay = async (sql: postgres.Sql, batch: readonly Report[], reach: Reach) => {
      const outcomes = await charger.commit(sql, batch, reach)
      outcomes.forEach((outcome, index) => {
        if (outcome.status === 'fulfilled') return
        app.funds.refused(batch[index]?.customerId ?? '', outcome.reason)
      })
      return outcomes
    }
    // Separate, so that reports that are paid for delay no others.
    const charges = sharedCommits<Report, Reported | null>({
      ...limits,
      commit: (batch) => pay(charging, batch, SHARED),
    })
    // Corrections are rare, and have no connection of their own.
    const onAside = inTurn()
    const setAside = waitingRoom<Report, Reported | null>({
      lanes: 1,
      batchMax: BATCH_MAX,
      weightOf: (report) => report.valueCount,
      weightMax: BATCH_VALUES_MAX,
      waitingMax: ASIDE_MAX,
      lineMax: ASIDE_LINE_MAX,
      patienceMs: PATIENCE_MS,
      keyOf: (report) => report.customerId,
      commit: (batch) => onAside(() => pay(aside, batch, ALONE)),
      isBusy: (reason) => reason instanceof SetAside,
      // If a report was sent before its customer was locked, it is unknown whether it was stored.
      giveUp: ({ sent, reportId }) =>
        sent ? new Refusal('OUTCOME_UNKNOWN', { repeat: { report_id: reportId } }) : busyAccount(),
    })
    const room = fairRoom({
      weightMax: WAITING_VALUES_MAX,
      ownerWeightMax: WAITING_CUSTOMER_VALUES_MAX,
    })
    const reporter = usageReporter({
      app,
      room,
      known,
      allowances,
      commits: { submit: store },
      charges: { submit: charge },
      metrics,
    })

    /**
     * Customers for whom a batch waited for a row without getting it; further batches leave them out.
     */
    const heldUp = new Set<string>()

    async function store(report: Report): Promise<Reported | null> {
      const since = performance.now()
      const { customerId } = report
      if (heldUp.has(customerId)) return setAside.submit(report, since)
      try {
        return await commits.submit(report)
      } catch (error) {
        if (!(error instanceof SetAside)) throw error
        heldUp.add(customerId)
        return await setAside.submit(report, since).finally(() => heldUp.delete(customerId))
      }
    }

    /**
     * Joins other waiting reports of the same customer, also if the customer turns out to be locked.
     */
    async function charge(report: Report): Promise<Reported | null> {
      const since = performance.now()
      if (setAside.has(report.customerId)) return setAside.submit(report, since)
      try {
        return await charges.submit(report)
      } catch (error) {
        if (error instanceof SetAside) return setAside.submit(report, since)
        throw error
      }
    }

    app.decorate('usage', {
      ...reporter,
      correct: (draft, attempt) => {
        const correction = newCorrection(draft)
        const corrected = onAside(() => corrector.correct(aside, correction))
        return attempt?.follow(correction, corrected) ?? corrected
      },
      meterEventSettled: (outcome) => metrics.meterEvents.inc({ outcome }),
    })

    app.erasures.addSteps(usageSteps)
    app.personal.addClosing(endAllowance)
    app.personal.addOwnership(hasPaidForUsage)
    app.personal.addExports(...usageExports)
    app.jobs.add(
      {
        name: 'delete_old_reports',
        run: async () => {
          app.log.info(await deleteOldReports(app.db), 'Deleted reports past their retention')
        },
      },
      {
        name: 'send_meter_events',
        cron: '* * * * *',
        isSingle: true,
        run: () => sendMeterEvents(app),
      },
    )

    const unjudged = 'Could not look for anomalies'
    const anomalies = every(ANOMALIES_INTERVAL_MS, unjudged, async () => {
      const { found, failures } = await findAnomalies(judging, queue.take())
      if (found > 0) metrics.findings.inc({ kind: 'anomaly' }, found)
      if (failures.length === 0) return
      app.log.warn({ err: failures[0], customers: failures.length }, unjudged)
    })
    const cleaning = every(CLEANING_INTERVAL_MS, 'Could not delete old reports', async () => {
      const cleaned = await cleanUsageDaily(app.db, retentionDays)
      if (cleaned !== null) app.log.info(cleaned, 'Deleted reports past their retention')
    })

    /** Runs a job again and again, but never concurrently with itself. */
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
      // The cleaning may take long, and ends when the pool's connections are closed.
      void cleaning.stop()
      await anomalies.stop()
      await Promise.all(
        [writing, charging, aside, judging].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })),
      )
    })
  },
  {
    name: 'usage',
    dependencies: ['errors', 'metrics', 'database', 'jobs', 'stripe', 'privacy', 'funds'],
  },
)
