import { type SQL, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram } from 'prom-client'
import { sampled } from '../database/sampled.ts'
import { usageMeterEvents } from './tables.ts'

/** @param waiting how many reports wait for a commit now */
export function usageMetrics(app: FastifyInstance, waiting: () => number) {
  const registers = [app.metrics]
  const reports = new Counter({
    name: 'strongroom_usage_reports_total',
    help: 'Reports by outcome: created, replayed or refused.',
    labelNames: ['outcome'],
    registers,
  })
  const findings = new Counter({
    name: 'strongroom_usage_findings_total',
    help: 'Metrics found over a limit or off their pattern, once in each window.',
    labelNames: ['kind'],
    registers,
  })
  // Without a first value, an increase would not be visible.
  for (const kind of ['anomaly', 'limit_exceeded']) findings.inc({ kind }, 0)
  const batches = new Histogram({
    name: 'strongroom_usage_batch_size',
    help: 'Reports that shared a commit.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const unjudged = new Counter({
    name: 'strongroom_usage_unjudged_total',
    help: 'Hours of a metric that were not looked at for anomalies because too many waited.',
    registers,
  })
  const waitingGauge: Gauge = new Gauge({
    name: 'strongroom_usage_waiting',
    help: 'Reports that wait for a commit.',
    registers,
    collect: () => waitingGauge.set(waiting()),
  })
  const meterEvents = new Counter({
    name: 'strongroom_usage_meter_events_total',
    help: 'Tries to tell Stripe of a meter event, by outcome: accepted, refused, unknown or away.',
    labelNames: ['outcome'],
    registers,
  })
  const sample = sampled(async () => {
    const { reason, acceptedAt } = usageMeterEvents
    const [row] = await app.db
      .select({
        pending: countIf(sql`${reason} is null and ${acceptedAt} is null`),
        unknown: countIf(sql`${reason} = 'outcome_unknown'`),
        refused: countIf(sql`${reason} <> 'outcome_unknown'`),
      })
      .from(usageMeterEvents)
    return row ?? null
  })
  const meterEventsPending: Gauge = new Gauge({
    name: 'strongroom_usage_meter_events_pending',
    help: 'Meter events that are still to be sent to Stripe.',
    aggregator: 'max',
    registers,
    collect: async () => {
      const row = await sample()
      if (row === null) meterEventsPending.remove()
      else meterEventsPending.set(row.pending)
    },
  })
  const meterEventsWaiting: Gauge<'reason'> = new Gauge({
    name: 'strongroom_usage_meter_events_waiting',
    help: 'Meter events that Stripe has refused, or may or may not have: an operator must see to them.',
    labelNames: ['reason'],
    aggregator: 'max',
    registers,
    collect: async () => {
      const row = await sample()
      meterEventsWaiting.reset()
      if (row === null) return
      for (const reason of ['refused', 'unknown'] as const) {
        meterEventsWaiting.set({ reason }, row[reason])
      }
    },
  })
  return { reports, findings, batches, unjudged, meterEvents }
}

function countIf(condition: SQL): SQL<number> {
  return sql<number>`(count(*) filter (where ${condition}))::int`
}
