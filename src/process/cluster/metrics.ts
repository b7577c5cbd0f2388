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

    /** In one step, so that none is lost of several that end at once. */
    leave: (worker: Peer): void => {
      const counted = countsOf(last.get(worker) ?? [])
      last.delete(worker)
      ended = valuesOf(combined([ended, counted]))
    },

    /** In the Prometheus text format. */
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
      // The load of this process counts; its event loop, which idles, would hide those of the workers.
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
