import { and, desc, eq, getTableColumns, lt, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../database/index.ts'
import { events } from '../events/tables.ts'
import type { PageRequest } from '../http/pagination.ts'
import { Refusal } from '../refusals/index.ts'
import { type DELIVERY_STATUSES, webhookDeliveries, webhookEndpoints } from './tables.ts'

export type DeliveryRow = typeof webhookDeliveries.$inferSelect & {
  eventId: string | null
  type: string | null
}

/** Newest first, with one extra row if there are more. */
export function listDeliveries(
  db: Database,
  endpoint: bigint,
  status: (typeof DELIVERY_STATUSES)[number] | undefined,
  { limit, before }: PageRequest,
): Promise<DeliveryRow[]> {
  return db
    .select({ ...getTableColumns(webhookDeliveries), eventId: events.id, type: events.type })
    .from(webhookDeliveries)
    .leftJoin(events, eq(events.seq, webhookDeliveries.eventSeq))
    .where(
      and(
        eq(webhookDeliveries.endpoint, endpoint),
        status && eq(webhookDeliveries.status, status),
        before === null ? undefined : lt(webhookDeliveries.seq, before),
      ),
    )
    .orderBy(desc(webhookDeliveries.seq))
    .limit(limit + 1)
}

/** How many rows a call changes in its transaction. The rest follows in the background. */
export const PAGE = 1_000

/** Fails the first page of the deliveries that wait for an endpoint that was disabled. */
export async function failPending(tx: Transaction, endpoint: bigint): Promise<void> {
  await tx.execute(sql`
    update webhook_deliveries set status = 'failed', is_taken = false, next_attempt_at = null
    where endpoint = ${String(endpoint)}::bigint and seq = any(array(
      select seq from webhook_deliveries
      where endpoint = ${String(endpoint)}::bigint and status = 'pending'
      order by seq limit ${PAGE}::int
    ))`)
}

/**
 * Sends one delivery again, or all from a number on. The latter go in pages, each after the one
 * before.
 * @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND`, `WEBHOOK_ENDPOINT_DISABLED` or `DELIVERY_NOT_FOUND`
 */
export async function replay(
  db: Database,
  actor: Actor,
  endpointId: string,
  what: { fromSeq: bigint } | { deliveryId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    const [endpoint] = await tx
      .select()
      .from(webhookEndpoints)
      .where(eq(webhookEndpoints.id, endpointId))
      .for('update')
    if (endpoint === undefined) throw new Refusal('WEBHOOK_ENDPOINT_NOT_FOUND')
    if (endpoint.status === 'disabled') throw new Refusal('WEBHOOK_ENDPOINT_DISABLED')
    if ('deliveryId' in what) {
      const seq = seqIn(what.deliveryId, endpoint.seq)
      const place = and(
        eq(webhookDeliveries.endpoint, endpoint.seq),
        eq(webhookDeliveries.seq, seq),
      )
      const [found] = await tx.update(webhookDeliveries).set(AGAIN).where(place).returning()
      if (found === undefined) throw new Refusal('DELIVERY_NOT_FOUND')
    } else {
      // If a replay is already under way, both become one, from the earlier of the two numbers on.
      const from = endpoint.replayFrom ?? what.fromSeq
      await tx
        .update(webhookEndpoints)
        .set({
          replayFrom: from < what.fromSeq ? from : what.fromSeq,
          replayTo: sql`last_seq`,
        })
        .where(eq(webhookEndpoints.seq, endpoint.seq))
    }
    const metadata = {
      replayed: 'deliveryId' in what ? what.deliveryId : `from ${what.fromSeq}`,
    }
    await recordAudit(tx, actor, {
      event: 'webhook_endpoint.updated',
      subject: endpointId,
      metadata,
    })
  })
}

const AGAIN = {
  status: 'pending',
  tries: 0,
  isTaken: false,
  nextAttemptAt: sql`now()`,
} as const

function seqIn(deliveryId: string, endpoint: bigint): bigint {
  const [, of = '', seq = ''] = deliveryId.split('_')
  if (BigInt(of) !== endpoint) throw new Refusal('DELIVERY_NOT_FOUND')
  return BigInt(seq)
}
