import { type Counts, writeCounts } from '../support/counts.ts'
import { SEED } from '../support/random.ts'

/** What a drill has counted, and what of it breaks a promise. */
export function drillReport(title: string) {
  const rows: [what: string, count: string, verdict: string][] = []
  const counted: Omit<Counts, 'broken' | 'seed'>[] = []
  let broken = 0

  /** For the reader, without a verdict. */
  function note(what: string, count: number | string): void {
    rows.push([what, String(count), ''])
  }

  function expect(what: string, count: number | string, isKept: boolean): void {
    if (!isKept) broken++
    rows.push([what, String(count), isKept ? 'ok' : 'BROKEN'])
  }

  /** A row of the report of `npm run drill`; what is broken is of the first one. */
  function tell(row: Omit<Counts, 'broken' | 'seed'>): void {
    counted.push(row)
  }

  function print(): void {
    const width = Math.max(...rows.map(([what]) => what.length))
    const digits = Math.max(...rows.map(([, count]) => count.length))
    process.stdout.write(`\n${title}\n`)
    for (const [what, count, verdict] of rows) {
      process.stdout.write(`  ${what.padEnd(width)}  ${count.padStart(digits)}  ${verdict}\n`)
    }
  }

  /** For the report of all drills. */
  function write(): void {
    const all = counted.length > 0 ? counted : [{ promise: '', what: title, trials: 1, faults: 0 }]
    for (const [index, row] of all.entries()) {
      writeCounts({ ...row, broken: index === 0 ? broken : 0, seed: SEED })
    }
  }

  return { note, expect, tell, print, write, isKept: () => broken === 0 }
}

export type DrillReport = ReturnType<typeof drillReport>

export interface Ends {
  /** Runs when the drill ends, the last first. */
  after(end: () => unknown): void
}

/**
 * Runs a drill to its end: its report is printed, what it started is ended, and the process fails
 * when a promise is broken. A signal ends it too, and counts as broken.
 */
export async function drill(
  title: string,
  work: (report: DrillReport, ends: Ends) => Promise<void>,
): Promise<void> {
  const ends: (() => unknown)[] = []
  const report = drillReport(title)
  const stop = stopSignal()
  try {
    await Promise.race([work(report, { after: (end) => void ends.unshift(end) }), stop.received])
  } catch (error) {
    report.expect(
      error instanceof Error ? (error.stack ?? error.message) : String(error),
      '',
      false,
    )
  } finally {
    // Work that was stopped may start one more thing meanwhile.
    while (ends.length > 0) await ends.shift()?.()
  }
  report.print()
  report.write()
  process.exitCode = report.isKept() ? 0 : 1
  // The work still goes on, with nothing left to work with.
  if (stop.isReceived()) process.exit()
}

/** Rejects at the first signal to end. What a drill has started would outlive it otherwise. */
function stopSignal() {
  let isReceived = false
  const received = new Promise<never>((_, reject) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        isReceived = true
        reject(new Error(`Stopped by ${signal}`))
      })
    }
  })
  return { received, isReceived: () => isReceived }
}

/** What the drill does, as it does it. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
