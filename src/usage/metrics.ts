import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** @param waiting how many reports wait for a commit right now */
export function usageMetrics(registry: Registry, waiting: () => number) {
  const registers = [registry]
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
  // An increase is seen from a first value on.
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
  return { reports, findings, batches, unjudged }
}
