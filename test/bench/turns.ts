import { type Samples, type Seen, addSample, median } from './report.ts'

export type Measures = Record<string, () => Promise<Seen>>

interface Options {
  rounds: number
  durationS: number
  /** The processor time spent until now, in seconds, by who has spent it. */
  spent?: () => Record<string, number>
}

const COSTS = ['process', 'postgres'] as const
const TIMES = ['p50Ms', 'p99Ms'] as const

/**
 * Measures each in every round, and keeps what was seen and what a call has cost. A round before the first is
 * not kept: in it V8 compiles what is called, which a process that runs for days did long ago.
 */
export async function measureInTurns(
  measures: Measures,
  samples: Samples,
  { rounds, durationS, spent }: Options,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    // There and back: what one leaves behind, as for autovacuum to clean, must not burden the same next.
    const entries = Object.entries(measures)
    for (const [name, measure] of round % 2 === 0 ? entries : entries.toReversed()) {
      const before = spent?.() ?? {}
      const seen = await measure()
      if (round === 0) {
        process.stderr.write(`warm  ${name}\n`)
        continue
      }
      addSample(samples, name, seen.perSecond)
      for (const time of TIMES) addSample(samples, keyOf(name, time), seen[time])
      // What one call costs is stable where the machine is not.
      const costs = Object.entries(spent?.() ?? {}).map(([what, seconds]) => {
        const us = ((seconds - (before[what] ?? 0)) / (seen.perSecond * durationS)) * 1e6
        addSample(samples, keyOf(name, what), us)
        return `${what} ${us.toFixed(0)} µs`
      })
      const rate = `${seen.perSecond.toFixed(0)}/s`
      const line = [`round ${round}  ${name.padEnd(26)} ${rate}`, ...costs]
      process.stderr.write(`${line.join('  ')}\n`)
    }
  }
}

function keyOf(name: string, what: string): string {
  return `${name}, ${what}`
}

/** Each measurement with the medians of its times and costs, below a head. */
export function tableOf(names: readonly string[], samples: Samples): string[][] {
  const head = ['', 'a second', 'p50 ms', 'p99 ms', 'µs of process', 'µs of PostgreSQL']
  const rows = names
    .filter((name) => samples.has(name))
    .map((name) => {
      const figure = (what: string, digits: number) => {
        const value = median(samples.get(keyOf(name, what)))
        return Number.isNaN(value) ? '' : value.toFixed(digits)
      }
      const rate = median(samples.get(name)).toFixed(0)
      return [
        name,
        rate,
        ...TIMES.map((time) => figure(time, 1)),
        ...COSTS.map((cost) => figure(cost, 0)),
      ]
    })
  return [head, ...rows]
}
