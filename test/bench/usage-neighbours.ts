import { setTimeout as delay } from 'node:timers/promises'
import { callers, reportSteadily } from './report-load.ts'
import { type Row, type Samples, median, percentile } from './report.ts'

const REPORTS_PER_S = 50
const NEIGHBOURS = 5
const REPORTS = 1_000
const VALUES_OF_REPORT = 10
/** What is allowed beside: the hour's values of each customer are set wide for this. */
const TARGET = 3

interface NeighboursOptions {
  origin: string
  adminToken: string
  rounds: number
  durationS: number
  /** Of customers that send batches of 10,000 values, each its next when the last is answered. */
  heavy?: number
}

/**
 * What customers who report now and then feel of others who send the largest batches there are without
 * a pause: the p95 of reports at a steady rate, in turns with and without.
 */
export async function measureNeighbours(
  options: NeighboursOptions,
  samples: Samples,
): Promise<Row[]> {
  const { origin, adminToken, rounds, durationS, heavy = 1 } = options
  const customers = await callers(origin, adminToken, NEIGHBOURS + heavy)
  const neighbours = customers.slice(heavy)
  const keys = customers.slice(0, heavy).map(({ apiKey }) => apiKey)
  const firstMs = await Promise.all(keys.map((key) => sendBatch(origin, key)))
  await p95(origin, neighbours, durationS)
  const calm: number[] = []
  const beside: number[] = []
  const batchesMs: number[] = []
  for (let round = 1; round <= rounds; round++) {
    calm.push(await p95(origin, neighbours, durationS))
    const load = { isRunning: true }
    const loads = keys.map(async (key) => {
      while (load.isRunning) batchesMs.push(await sendBatch(origin, key))
    })
    beside.push(await p95(origin, neighbours, durationS))
    load.isRunning = false
    await Promise.all(loads)
    process.stderr.write(
      `round ${round}  p95 of reports: calm ${calm.at(-1)?.toFixed(1)} ms, beside batches ${beside.at(-1)?.toFixed(1)} ms\n`,
    )
  }
  samples.set('p95 of reports, calm, ms', calm)
  samples.set('p95 of reports beside batches, ms', beside)
  samples.set('batch of 10,000 new names and values, ms', firstMs)
  samples.set('batch of 10,000 values, ms', batchesMs)
  const [a, b] = [median(beside), median(calm)]
  const longestMs = Math.max(...firstMs, ...batchesMs)
  return [
    {
      what: 'p95 of reports beside batches of 10,000 values against without',
      value: `${(a / b).toFixed(2)} × (${a.toFixed(1)} ms : ${b.toFixed(1)} ms)`,
      target: `≤ ${TARGET} ×`,
      met: a / b <= TARGET,
    },
    {
      what: 'a batch of 10,000 values, the longest (median; the first, where every total is new)',
      value: `${longestMs.toFixed(0)} ms (${median(batchesMs).toFixed(0)}; ${median(firstMs).toFixed(0)})`,
      target: '≤ 2500 ms',
      met: longestMs <= 2_500,
    },
  ]
}

async function p95(
  origin: string,
  customers: Parameters<typeof reportSteadily>[1],
  durationS: number,
): Promise<number> {
  const load = reportSteadily(origin, customers, REPORTS_PER_S)
  await delay(durationS * 1_000)
  await load.stop()
  return percentile(load.take().flat(), 0.95)
}

/** A thousand reports with a thousand names between them. @returns how long it took, in milliseconds */
async function sendBatch(origin: string, apiKey: string): Promise<number> {
  const reports = Array.from({ length: REPORTS }, (_, n) => ({
    metrics: Object.fromEntries(
      Array.from({ length: VALUES_OF_REPORT }, (__, m) => [
        `metric.${(n * VALUES_OF_REPORT + m) % 1_000}`,
        n,
      ]),
    ),
  }))
  const begunAt = performance.now()
  const response = await fetch(`${origin}/api/usage/report/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify({ reports }),
  })
  const { results } = (await response.json()) as { results?: { status: string }[] }
  if (results?.some(({ status }) => status !== 'created') !== false) {
    throw new Error(`A batch was answered ${response.status}`)
  }
  return performance.now() - begunAt
}
