import { AggregatorRegistry, Registry, collectDefaultMetrics } from 'prom-client'
import type { Peer } from '../../cluster/peer.ts'
import { type Metrics, QUESTIONS } from '../../cluster/questions.ts'

/** A process that takes longer is left out of a scrape, but for what it has counted. */
const ANSWER_MS_MAX = 3_000

/** A restart is a change of the latest start, which prom-client would leave out. */
const AGGREGATORS: Readonly<Record<string, 'max'>> = { process_start_time_seconds: 'max' }

/** The metrics of all processes as one. */
export function metricsOfAll() {
  const own = new Registry()
  collectDefaultMetrics({ register: own })
  /** What each worker said last. */
  const last = new Map<Peer, Metrics>()
  /** What workers had counted that have ended: without it, sums would fall. */
  let ended: Metrics = []

  return {
    join: (worker: Peer) => void last.set(worker, []),

    leave: async (worker: Peer): Promise<void> => {
      const counted = countsOf(last.get(worker) ?? [])
      last.delete(worker)
      ended = await combined([ended, counted]).getMetricsAsJSON()
    },

    /** In the Prometheus text format. */
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
      // The load of this process counts; its event loop, which idles, would hide those of the workers.
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
