import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import { IS_ERASING } from '../events/present.ts'
import { type Deliverer, type OwnedEndpoint, isFor, ownedColumns } from './owned.ts'

/** A delivery that this process must attempt. */
export interface Claimed {
  seq: bigint
  tries: number
  /** Null if the event is no longer kept. */
  eventId: string | null
  type: string
  timestamp: Date
  subject: string
  userId: string | null
  data: Record<string, unknown>
  logIndex: bigint | null
  logSize: bigint | null
  isErasing: boolean | null
}

/** What a process has in hand of an endpoint. */
export interface Hand {
  /** How many more first attempts, and how many repeated ones, it may claim. */
  room: number
  /** The deliveries that it has claimed and whose results are not written. */
  seqs: readonly bigint[]
  /** Whether others may still be marked as claimed by it. They are given back first. */
  isAdrift: boolean
}

const claimedColumns = (sql: postgres.Sql) => sql`
  d.seq, d.tries::int as tries, e.id as "eventId", e.type, e.timestamp, e.subject,
  e.user_id as "userId", e.data, e.log_index as "logIndex", e.log_size as "logSize",
  ${sql.unsafe(IS_ERASING)} as "isErasing"`

/** What is in hand may have been replayed meanwhile. It is claimed again once it is settled. */
export async function claim(
  tx: postgres.Sql,
  endpoint: bigint,
  { room, seqs }: Hand,
): Promise<Claimed[]> {
  const mine = String(endpoint)
  const inHand = array(seqs)
  const rows = await tx<Claimed[]>`
    with chosen as (
      (select seq, event_seq from webhook_deliveries
        where endpoint = ${mine}::bigint and status = 'pending' and tries = 0 and not is_taken
          and seq <> all(${inHand}::bigint[])
        order by seq limit ${room}::int)
      union all
      (select seq, event_seq from webhook_deliveries
        where endpoint = ${mine}::bigint and status = 'pending' and tries > 0 and not is_taken
          and next_attempt_at <= now() and seq <> all(${inHand}::bigint[])
        order by next_attempt_at limit ${room}::int)
    )
    update webhook_deliveries d set is_taken = true
    from chosen left join events e on e.seq = chosen.event_seq
    where d.endpoint = ${mine}::bigint and d.seq = chosen.seq
    returning ${claimedColumns(tx)}`
  return rows.toSorted((a, b) => Number(a.seq - b.seq))
}

/** Gives back the deliveries that are marked as claimed, without those that are in hand. */
export async function takeOver(
  tx: postgres.Sql,
  endpoint: bigint,
  inHand: readonly bigint[],
): Promise<void> {
  await tx`
    update webhook_deliveries set is_taken = false
    where endpoint = ${String(endpoint)}::bigint and status = 'pending' and is_taken
      and seq <> all(${array(inHand)}::bigint[])`
}

/**
 * Reads again what was claimed a while ago, because users may have been erased and the endpoint
 * changed meanwhile.
 * @returns null if the endpoint is disabled or deleted, or is no longer this process's
 */
export async function readAgain(
  sql: postgres.Sql,
  deliverer: Deliverer,
  endpointSeq: bigint,
  seqs: readonly bigint[],
): Promise<{ endpoint: OwnedEndpoint; claimed: Claimed[] } | null> {
  const [endpoint] = await sql<OwnedEndpoint[]>`
    select ${ownedColumns(sql)} from webhook_endpoints
    where seq = ${String(endpointSeq)}::bigint and status = 'active' and owner = ${deliverer.owner}
      and ${isFor(sql, deliverer)}`
  if (endpoint === undefined) return null
  const claimed = await sql<Claimed[]>`
    select ${claimedColumns(sql)} from webhook_deliveries d left join events e on e.seq = d.event_seq
    where d.endpoint = ${String(endpointSeq)}::bigint and d.seq = any(${array(seqs)}::bigint[])
      and d.status = 'pending'`
  return { endpoint, claimed }
}
