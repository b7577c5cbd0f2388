import { sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { eventOutbox, eventsTold } from './tables.ts'
import type { EventDraft } from './types.ts'

type Entry = Pick<EventDraft, 'type' | 'subject' | 'data' | 'endpointId'>

/**
 * Stores events that no record of the audit log makes, in the transaction of their act. They get
 * their numbers after that commits.
 */
export async function tellEvent(tx: Transaction, ...entries: Entry[]): Promise<void> {
  if (entries.length > 0) await tx.insert(eventOutbox).values(entries)
}

/**
 * Stores such events, but only the first for each key.
 * @param entries by key, which names what to tell only once
 */
export async function tellOnce(
  tx: Transaction,
  entries: ReadonlyMap<string, Entry>,
): Promise<void> {
  if (entries.size === 0) return
  const fresh = await tx
    .insert(eventsTold)
    // Inserted in the order of their keys, so that two processes never deadlock.
    .values([...entries.keys()].toSorted().map((key) => ({ key })))
    .onConflictDoNothing()
    .returning({ key: eventsTold.key })
  await tellEvent(tx, ...fresh.flatMap(({ key }) => entries.get(key) ?? []))
}

/** How long a key counts as told: longer than the events themselves are kept. */
const TOLD_DAYS = 400

export const toldBefore = sql`now() - make_interval(days => ${TOLD_DAYS})`
