import type { FastifyInstance } from 'fastify'
import type { fairRoom } from '../scheduling/fair-room.ts'
import { fulfilled, rejected } from '../funds/committing.ts'
import type { Attempt } from '../http/outcomes/attempt.ts'
import { slices } from '../scheduling/slices.ts'
import { Refusal } from '../refusals/index.ts'
import {
  type Allowances,
  type Remaining,
  openAllowances,
  setValuesAside,
  settleValues,
  valuesOf,
} from './allowances.ts'
import type { KnownNames } from './known-names.ts'
import type { usageMetrics } from './metrics.ts'
import { paymentOf } from './payments.ts'
import { isUnknown } from './present.ts'
import { type Report, type ReportDraft, type Reported, newReport } from './reports.ts'

export interface ReportedBatch {
  outcomes: PromiseSettledResult<Reported>[]
  /** What is left after the batch; null if unknown. */
  remaining: Remaining | null
}

interface Commits {
  submit(report: Report): Promise<Reported | null>
}

export interface ReporterOptions {
  app: FastifyInstance
  room: ReturnType<typeof fairRoom>
  known: KnownNames
  allowances: Allowances
  /** Returns null for a report that is paid from funds, which is then given to `charges`. */
  commits: Commits
  charges: Commits
  metrics: ReturnType<typeof usageMetrics>
}

/** The routes' access to shared commits, with bounds for each customer. */
export function usageReporter(options: ReporterOptions) {
  const { app, room, known, allowances, commits, charges, metrics } = options
  /** Customers' rows that are being created, so that concurrent calls create one. */
  const opening = new Map<string, Promise<void>>()

  async function report(draft: ReportDraft, attempt?: Attempt): Promise<Reported> {
    return counted(
      inRoom(draft.customerId, valuesOf(draft), async () => {
        await open(draft.customerId)
        const reported = await storeIn(attempt, newReport(draft))
        if (!reported.isFound) return reported
        const { customerId } = draft
        const payment = await paymentOf(app.databases.customers, customerId, reported.reportId)
        return { ...reported, payment }
      }),
    )
  }

  async function reportBatch(
    customerId: string,
    drafts: readonly ReportDraft[],
    attempt?: Attempt,
  ): Promise<ReportedBatch> {
    const values = drafts.reduce((sum, draft) => sum + valuesOf(draft), 0)
    return inRoom(customerId, values, async () => {
      await open(customerId)
      const aside = await setValuesAside(app.db, customerId, drafts, allowances)
      const storing: Promise<PromiseSettledResult<Reported>>[] = []
      const pause = slices()
      for (const draft of drafts) {
        await pause()
        const isSetAside = !aside.stored.has(storing.length)
        const stored = counted(storeIn(attempt, newReport(draft, { isSetAside })))
        storing.push(stored.then(fulfilled, rejected))
      }
      const outcomes = await Promise.all(storing)
      const unused = unusedValues(drafts, outcomes, aside.stored)
      const settled = settleValues(app.db, aside, unused, allowances).catch((error: unknown) => {
        // What was stored is still answered, and unused values are freed when the hour ends.
        app.log.warn({ err: error }, 'Could not give back values that a batch did not use')
        return null
      })
      const last = outcomes.findLast((outcome) => outcome.status === 'fulfilled')?.value.remaining
      // A request whose time is over is answered at once.
      const remaining = attempt?.isOver === true ? null : await settled
      return { outcomes, remaining: remaining ?? last ?? null }
    })
  }

  function storeIn(attempt: Attempt | undefined, made: Report): Promise<Reported> {
    const stored = store(made)
    return attempt?.follow(made, stored, { report_id: made.reportId }) ?? stored
  }

  async function store(made: Report): Promise<Reported> {
    const stored = await commits.submit(made)
    if (stored !== null) return stored
    // The first commit did not store it.
    made.sent = false
    const charged = await charges.submit(made)
    if (charged === null) throw new Error('A report was left alone twice')
    return charged
  }

  /** @throws Refusal `OVERLOADED` */
  async function inRoom<T>(customerId: string, values: number, task: () => Promise<T>): Promise<T> {
    if (!room.enter(customerId, values)) throw new Refusal('OVERLOADED')
    try {
      return await task()
    } finally {
      room.leave(customerId, values)
    }
  }

  async function open(customerId: string): Promise<void> {
    if (known.hasMet(customerId)) return
    let made = opening.get(customerId)
    if (made === undefined) {
      made = openAllowances(app.db, customerId)
        .then(() => known.meet(customerId))
        .finally(() => opening.delete(customerId))
      opening.set(customerId, made)
    }
    await made
  }

  async function counted(reporting: Promise<Reported>): Promise<Reported> {
    try {
      const reported = await reporting
      metrics.reports.inc({ outcome: reported.replayed ? 'replayed' : 'created' })
      return reported
    } catch (error) {
      metrics.reports.inc({ outcome: 'refused' })
      throw error
    }
  }

  return { report, reportBatch }
}

/**
 * The values of reports that were certainly not stored, although values were reserved. If a fault
 * left that unknown, they stay reserved until the hour ends.
 */
export function unusedValues(
  drafts: readonly ReportDraft[],
  outcomes: readonly PromiseSettledResult<Reported>[],
  stored: ReadonlySet<number>,
): number {
  return drafts.reduce((sum, draft, index) => {
    if (stored.has(index)) return sum
    const outcome = outcomes[index]
    if (outcome === undefined || isUnknown(outcome)) return sum
    const isUnused =
      outcome.status === 'fulfilled' ? outcome.value.isUnspent : outcome.reason instanceof Refusal
    return isUnused ? sum + valuesOf(draft) : sum
  }, 0)
}
