import type postgres from 'postgres'
import { seedKeys } from '../support/keys.ts'
import { type Row, type Samples, median } from './report.ts'
import { p99OfCalls } from './steady.ts'

const KEYS = 10_000
const WITHIN_S = 10
/** Each takes twice ten seconds. */
const ROUNDS_MAX = 2

interface ColdKeysOptions {
  sql: postgres.Sql
  pepper: string
  rounds: number
  /** Starts a service that has seen no key yet. */
  start: () => Promise<{ origin: string; stop: () => Promise<void> }>
}

/** Every key calls once within ten seconds after a restart, and then once more. */
export async function measureColdKeys(options: ColdKeysOptions, samples: Samples): Promise<Row> {
  const apiKeys = await seedKeys(options.sql, options.pepper, KEYS)
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 1; round <= Math.min(options.rounds, ROUNDS_MAX); round++) {
    const { origin, stop } = await options.start()
    try {
      const load = { origin, apiKeys, calls: KEYS, perSecond: KEYS / WITHIN_S }
      const [a, b] = [await p99OfCalls(load), await p99OfCalls(load)]
      cold.push(a)
      warm.push(b)
      process.stderr.write(
        `round ${round}  p99 of ${KEYS} cold keys ${a.toFixed(1)} ms, warm ${b.toFixed(1)} ms\n`,
      )
    } finally {
      await stop()
    }
  }
  samples.set('p99 cold keys, ms', cold)
  samples.set('p99 warm keys, ms', warm)
  const [a, b] = [median(cold), median(warm)]
  return {
    what: 'p99 of 10,000 keys within 10 s of a restart against the same keys again, none refused',
    value: `${(a / b).toFixed(2)} × (${a.toFixed(1)} ms : ${b.toFixed(1)} ms)`,
    target: '≤ 2 ×',
    met: a / b <= 2,
  }
}
