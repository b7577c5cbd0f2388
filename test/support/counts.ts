import { appendFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { SEED } from './random.ts'

/** What a drill has to say of a promise: a row of its report. */
export interface Counts {
  /** Numbers of the README's table, such as `4, 5`; '' for what stands beside it. */
  promise: string
  what: string
  trials: number
  /** Kills, cuts, altered bytes and the like that were put in the way. */
  faults: number
  broken: number
  seed: number
}

/**
 * Counts what a test is about to try, for the report of `npm run drill`. A test that fails has broken one, if it
 * does not count itself what it finds. What is only known later can be set on the result until the test ends.
 */
export function counts(
  t: TestContext,
  row: Pick<Counts, 'promise' | 'what' | 'trials'> & { faults?: number },
): Counts {
  const all = { faults: 0, broken: 0, seed: SEED, ...row }
  t.after(() => {
    if (!hasPassed(t)) all.broken ||= 1
    writeCounts(all)
  })
  return all
}

/** Node 20.12 has it, and its types do not. */
function hasPassed(t: TestContext): boolean {
  return (t as TestContext & { passed: boolean }).passed
}

/** Adds a row to the file that the drill collects from; without one, to none. */
export function writeCounts(row: Counts): void {
  const path = process.env['DRILL_COUNTS']
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(row)}\n`)
}
