import { TransactionRollbackError, eq, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { ErasureParts } from './registry.ts'
import type { ErasureRow } from './row.ts'
import { erasures } from './tables.ts'

export interface Erasure {
  id: bigint
  closedAt: Date
}

/** About how many rows one transaction of an erasure changes at most. */
const PAGE = 500

/** The queue's pauses grow to six hours: over three weeks in all. */
const ATTEMPTS_MAX = 100

/**
 * An erasure waits only briefly for locked rows, so that it does not keep its connection for long.
 */
export async function limitWaits(tx: Transaction): Promise<void> {
  await tx.execute(sql`select set_config('lock_timeout', '1s', true)`)
}

/**
 * Notes what remains to be erased of a person who is closed in this transaction, and queues the job
 * that continues if the request does not.
 * @param subject the subject of the final record. This checks that the record can be written;
 * otherwise nothing happens.
 */
export async function beginErasure(
  tx: Transaction,
  actor: Actor,
  subject: string,
  whom: Omit<typeof erasures.$inferInsert, 'actor' | 'ip'>,
): Promise<Erasure> {
  await tx
    .transaction(async (trial) => {
      const metadata = {}
      await recordAudit(trial, actor, { event: 'account.erased', subject, metadata })
      trial.rollback()
    })
    .catch((error: unknown) => {
      if (!(error instanceof TransactionRollbackError)) throw error
    })
  const [row] = await tx
    .insert(erasures)
    .values({ ...whom, actor: actor.id, ip: actor.ip })
    .returning({ id: erasures.id, closedAt: erasures.closedAt })
  if (row === undefined) throw new Error('The erasure was not noted')
  await queueErasure(tx, row.id, 3)
  return row
}

/** @param delayS the delay of the job, in seconds */
export async function queueErasure(
  db: Pick<Database, 'execute'>,
  id: bigint,
  delayS: number,
): Promise<void> {
  await db.execute(sql`
    select graphile_worker.add_job('continue_erasure', json_build_object('id', ${String(id)}::text),
      job_key := ${`erasure ${id}`}, max_attempts := ${ATTEMPTS_MAX},
      run_at := now() + make_interval(secs => ${delayS}))`)
}

/**
 * One transaction of an erasure: as many rows as a page has, of one or more steps. A killed process
 * leaves the erasure between two transactions.
 * @returns `elsewhere` when another process is working on it
 */
export function erasePage(
  db: Database,
  parts: ErasureParts,
  id: bigint,
): Promise<'done' | 'more' | 'elsewhere'> {
  return db.transaction(async (tx) => {
    await limitWaits(tx)
    const [found] = await tx
      .select()
      .from(erasures)
      .where(eq(erasures.id, id))
      .for('update', { skipLocked: true })
    if (found === undefined) {
      const known = await tx.select({ id: erasures.id }).from(erasures).where(eq(erasures.id, id))
      return known.length === 0 ? 'done' : 'elsewhere'
    }
    const row: ErasureRow = { ...found }
    for (const lock of parts.locks) await lock(tx, row)
    for (let left = PAGE; left > 0;) {
      const step = parts.steps.get(row.step)
      if (step === undefined) {
        for (const finish of parts.finishes) await finish(tx, row)
        await tx.delete(erasures).where(eq(erasures.id, id))
        return 'done'
      }
      const done = await step(tx, row, left)
      if (done < left) {
        row.step++
        row.after = null
      }
      left -= done
    }
    const { id: _id, ...changes } = row
    await tx.update(erasures).set(changes).where(eq(erasures.id, id))
    return 'more'
  })
}
