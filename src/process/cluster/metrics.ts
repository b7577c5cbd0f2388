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

    /** In one step, so that none is lost of several that end at once. */
    leave: (worker: Peer): void => {
      const counted = countsOf(last.get(worker) ?? [])
      last.delete(worker)
      ended = valuesOf(combined([ended, counted]))
    },

    /** All metrics in the Prometheus text format. */
    text: async (): Promise<string> => {
      const answered = new Set<Peer>()
      await Promise.all(
        [...last.keys()].map(async (worker) => {
          const metrics = await worker
            .ask<Metrics>(QUESTIONS.metrics, null, ANSWER_MS_MAX)
            .catch(() => null)
          if (metrics === null || !last.has(worker)) return
          last.set(worker, metrics)
          answered.add(worker)
        }),
      )
      // This process adds only its load: its idle event loop would hide those of the workers.
      const ofPrimary = (await own.getMetricsAsJSON()).filter(({ name }) =>
        /^process_(?!start_time)/.test(name),
      )
      // Read only now: a worker that has ended meanwhile is among the ended, and counts once.
      const said = [...last].map(([worker, metrics]) =>
        answered.has(worker) ? metrics : countsOf(metrics),
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

/** What `getMetricsAsJSON` gives later: nothing in a combined registry has to be collected. */
function valuesOf(registry: Registry): Metrics {
  return registry.getMetricsAsArray() as unknown as Metrics
}
