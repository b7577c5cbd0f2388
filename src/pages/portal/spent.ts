import type { components } from '../../client/generated/schema.ts'
import { dayOf } from '../shared/days.ts'
import { type Read, pagesOf } from '../shared/page-through.ts'

type Transfer = components['schemas']['Transfer']

export interface Spent {
  /** What was charged, by the day's beginning. */
  byDay: ReadonlyMap<number, number>
  /** Where there were more movements than are read: since when all are counted. Otherwise null. */
  since: number | null
}

/**
 * Charges by day, from the newest back to a day.
 * @param read reads a page of an account's movements, the newest first
 */
export async function spentSince(from: number, read: Read<Transfer>): Promise<Spent> {
  const byDay = new Map<number, number>()
  let since: number | null = null
  for await (const { data, next_cursor: next } of pagesOf(read)) {
    for (const one of data) {
      const at = Date.parse(one.created_at)
      if (at < from) return { byDay, since: null }
      if (isCharge(one)) byDay.set(dayOf(at), (byDay.get(dayOf(at)) ?? 0) + one.amount)
      since = at
    }
    if (next === null) since = null
  }
  return { byDay, since }
}

const isCharge = ({ kind }: Transfer) => kind === 'deduct' || kind === 'capture'
