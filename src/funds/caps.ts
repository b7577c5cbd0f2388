import { Refusal } from '../refusals/index.ts'
import type { Operation, Transfer } from './operations.ts'
import type { TransferKind } from './posting.ts'

/** The sum that a token lineage has moved on a day. */
export interface Sum {
  lineage: string
  /** `YYYY-MM-DD` in UTC. */
  day: string
  amount: bigint
}

const BUSY_MS = 1_000

/**
 * Lineages whose sum a shared batch could not lock in time: no other batch waits for them for a
 * while. So a sum that stays locked delays only the tokens of its lineage.
 */
export function busyLineages() {
  const until = new Map<string, number>()

  function note(lineages: readonly string[]): void {
    for (const lineage of lineages) until.set(lineage, Date.now() + BUSY_MS)
  }

  function has({ cap }: Pick<Operation, 'cap'>): boolean {
    if (until.size === 0 || cap == null || cap.dailyMax === null) return false
    const end = until.get(cap.lineage)
    if (end === undefined) return false
    if (end > Date.now()) return true
    until.delete(cap.lineage)
    return false
  }

  return { note, has, any: () => until.size > 0 }
}

/** The kinds that count towards the day's sum: a hold moves nothing, and its capture counts. */
const COUNTED: ReadonlySet<TransferKind> = new Set([
  'deduct',
  'top_up',
  'refund',
  'capture',
  'adjustment',
  'grant',
])

/** The lineages of a batch's operations, each once, in the order in which their sums are locked. */
export function lineagesOf(batch: readonly Pick<Operation, 'cap'>[]): string[] {
  const lineages = new Set<string>()
  for (const { cap } of batch) {
    if (cap != null && cap.dailyMax !== null) lineages.add(cap.lineage)
  }
  return [...lineages].toSorted()
}

/**
 * The caps of a batch, on sums that are locked together with its accounts.
 * @param sums as read under the lock
 * @param now the database's clock
 */
export function openCaps(sums: readonly Sum[], now: Date) {
  const today = now.toISOString().slice(0, 10)
  const known = new Map(
    sums.map(({ lineage, day, amount }) => [lineage, day === today ? amount : 0n]),
  )
  const changed = new Set<string>()

  /** @throws Refusal `AMOUNT_NOT_ALLOWED` */
  function check({ cap, kind }: Operation, amount: bigint): void {
    if (cap == null) return
    if (cap.amountMax !== null && amount > cap.amountMax) {
      throw notAllowed(`The token may move ${cap.amountMax} at once.`)
    }
    if (cap.dailyMax === null || !COUNTED.has(kind)) return
    const moved = known.get(cap.lineage)
    if (moved === undefined) throw new Error('The sum of this token is not locked')
    if (moved + amount > cap.dailyMax) {
      throw notAllowed(
        `The token may move ${cap.dailyMax} a day (UTC), of which ${moved} is moved.`,
      )
    }
  }

  /** Called after the operation has been decided. */
  function add({ cap }: Operation, { kind, amount }: Transfer): void {
    if (cap == null || cap.dailyMax === null || !COUNTED.has(kind)) return
    known.set(cap.lineage, (known.get(cap.lineage) ?? 0n) + amount)
    changed.add(cap.lineage)
  }

  function writes(): Sum[] {
    return [...changed].map((lineage) => ({
      lineage,
      day: today,
      amount: known.get(lineage) ?? 0n,
    }))
  }

  return { check, add, writes }
}

export type Caps = ReturnType<typeof openCaps>

function notAllowed(message: string): Refusal {
  return new Refusal('AMOUNT_NOT_ALLOWED', { message })
}
