import { parseArgs } from 'node:util'
import { SEED } from '../support/random.ts'

export interface DrillOptions {
  /** Of the parts to run; none for all. */
  names: string[]
  seed: number
  /** What is wrong with the call; null for nothing. */
  fault: string | null
}

export function drillOptions(args: readonly string[]): DrillOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        seed: { type: 'string' },
        report: { type: 'boolean' },
      },
      allowPositionals: true,
    })
    const names = [...(values.only ?? []), ...positionals]
    const seed = values.seed === undefined ? SEED : Number(values.seed)
    return { names, seed, fault: faultOf(names, seed, values.report === true) }
  } catch (error) {
    return { names: [], seed: SEED, fault: error instanceof Error ? error.message : String(error) }
  }
}

function faultOf(names: readonly string[], seed: number, isReported: boolean): string | null {
  if (!Number.isSafeInteger(seed) || seed < 0) return '--seed is a number, such as 7'
  if (!isReported || names.length === 0) return null
  return '--report is for a whole run: REPORT.md has all parts, or it says nothing of those that it lacks'
}
