import type { Transaction } from '../database/index.ts'
import type { ErasureRow, Step } from '../privacy/row.ts'
import { forgetEvents, ignoreEvents } from './personal-events.ts'

async function forgetEventsOf(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.after === null && row.ignored.length > 0) await ignoreEvents(tx, row.ignored)
  const page = { after: row.after ?? '', limit }
  const ids = await forgetEvents(tx, row.people, new Set(row.forgotten), page)
  row.after = ids.at(-1) ?? page.after
  return ids.length
}

/** The numbers are stored in the rows of running erasures. */
export const stripeSteps: Readonly<Record<number, Step>> = { 13: forgetEventsOf }
