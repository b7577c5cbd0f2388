import { AggregatorRegistry, Registry, collectDefaultMetrics } from 'prom-client'
import type { Peer } from '../../cluster/peer.ts'
import { type Metrics, QUESTIONS } from '../../cluster/questions.ts'

/** A scrape omits a process that takes longer, except for its last known counts. */
const ANSWER_MS_MAX = 3_000

/** With the maximum, every restart shows. prom-client would omit this metric. */
const AGGREGATORS: Readonly<Record<string, 'max'>> = { process_start_time_seconds: 'max' }

/** Combines the metrics of all processes. */
export function metricsOfAll() {
  const own = new Registry()
  collectDefaultMetrics({ register: own })
  /** The last answer of each worker. */
  const last = new Map<Peer, Metrics>()
  /** The counts of workers that have ended: without them, sums would fall. */
  let ended: Metrics = []

  return {
    join: (worker: Peer) => void last.set(worker, []),

    leave: async (worker: Peer): Promise<void> => {
      const counted = countsOf(last.get(worker) ?? [])
      last.delete(worker)
      ended = await combined([ended, counted]).getMetricsAsJSON()
    },

    /** All metrics in the Prometheus text format. */
    text: async (): Promise<string> => {
      const said = await Promise.all(
        [...last.keys()].map(async (worker) => {
          const metrics = await worker
            .ask<Metrics>(QUESTIONS.metrics, null, ANSWER_MS_MAX)
            .catch(() => null)
          if (metrics === null) return countsOf(last.get(worker) ?? [])
          if (last.has(worker)) last.set(worker, metrics)
          return metrics
        }),
      )
      // This process adds only its load: its idle event loop would hide those of the workers.
      const ofPrimary = (await own.getMetricsAsJSON()).filter(({ name }) =>
        /^process_(?!start_time)/.test(name),
      )
      return combined([...said, ended, ofPrimary]).metrics()
    },
  }
}

function countsOf(metrics: Metrics): Metrics {
  return metrics.filter(({ type }) => ['counter', 'histogram'].includes(String(type)))
}

function combined(all: Metrics[]): Registry {
  return AggregatorRegistry.aggregate(
    all.map((metrics) =>
      metrics.map((metric) => ({
        ...metric,
        aggregator: AGGREGATORS[metric.name] ?? metric.aggregator,
      })),
    ),
  )
}
