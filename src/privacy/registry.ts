import type { Transaction } from '../database/index.ts'
import type { ErasureRow, Step } from './row.ts'

/** The parts of an erasure. Each capability adds those for its own personal data. */
export interface ErasureParts {
  /** Steps in the order of their numbers; the rows of running erasures refer to these numbers. */
  steps: ReadonlyMap<number, Step>
  /** What each page locks before it does anything. */
  locks: readonly ((tx: Transaction, row: ErasureRow) => Promise<unknown>)[]
  /** What is recorded at the end, in the transaction of the last page. */
  finishes: readonly ((tx: Transaction, row: ErasureRow) => Promise<void>)[]
}

type Lock = ErasureParts['locks'][number]
type Finish = ErasureParts['finishes'][number]

/** @throws Error for two steps with one number; `check` throws for a gap between numbers */
export function erasureParts() {
  const steps = new Map<number, Step>()
  const locks: Lock[] = []
  const finishes: Finish[] = []
  return {
    parts: { steps, locks, finishes } satisfies ErasureParts,
    addSteps(some: Readonly<Record<number, Step>>): void {
      for (const [number, step] of Object.entries(some)) {
        if (steps.has(Number(number)))
          throw new Error(`Two steps of an erasure are number ${number}`)
        steps.set(Number(number), step)
      }
    },
    addLock: (lock: Lock) => void locks.push(lock),
    addFinish: (finish: Finish) => void finishes.push(finish),
    /** A gap would end every erasure too early. */
    check(): void {
      const lacking = Array.from({ length: steps.size }, (_, n) => n).filter((n) => !steps.has(n))
      if (lacking.length > 0) throw new Error(`Erasures have no step ${lacking.join(', ')}`)
    },
  }
}
