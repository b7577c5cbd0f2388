import { sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { eventOutbox, eventsTold } from './tables.ts'
import type { EventDraft } from './types.ts'

type Entry = Pick<EventDraft, 'type' | 'subject' | 'data' | 'endpointId'>

/**
 * Tells the outside what is no record of the audit log, in the transaction of its act. It gets its
 * number once that is committed.
 */
export async function tellEvent(tx: Transaction, ...entries: Entry[]): Promise<void> {
  if (entries.length > 0) await tx.insert(eventOutbox).values(entries)
}

/**
 * The same, once for each key.
 * @param entries by what is told of once
 */
export async function tellOnce(
  tx: Transaction,
  entries: ReadonlyMap<string, Entry>,
): Promise<void> {
  if (entries.size === 0) return
  const fresh = await tx
    .insert(eventsTold)
    // In the order of keys, so that two processes never wait for each other in a circle.
    .values([...entries.keys()].toSorted().map((key) => ({ key })))
    .onConflictDoNothing()
    .returning({ key: eventsTold.key })
  await tellEvent(tx, ...fresh.flatMap(({ key }) => entries.get(key) ?? []))
}

/** How long it is known what was told of: longer than the events themselves are kept. */
const TOLD_DAYS = 400

export const toldBefore = sql`now() - make_interval(days => ${TOLD_DAYS})`
