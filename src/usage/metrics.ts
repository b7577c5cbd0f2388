import { type SQL, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram } from 'prom-client'
import { sampled } from '../database/sampled.ts'
import { isOpen, usageMeterEvents } from './tables.ts'

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
    const [row] = await app.db.execute<OpenEvents>(countOpenEvents())
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

type OpenEvents = Record<'pending' | 'unknown' | 'refused', number>

/** Reads none of those that Stripe has for good: it is asked at each scrape, and those of a day are many. */
export function countOpenEvents(): SQL {
  return sql`
    select (count(*) filter (where reason is null))::int as pending,
      (count(*) filter (where reason = 'outcome_unknown'))::int as unknown,
      (count(*) filter (where reason <> 'outcome_unknown'))::int as refused
    from usage_meter_events where ${isOpen(usageMeterEvents)}`
}
