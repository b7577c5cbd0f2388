import type postgres from 'postgres'
import { array, column } from '../database/arrays.ts'
import { type EventType, includesType } from '../events/types.ts'
import { type Claimed, type Hand, claim, takeOver } from './claimed.ts'
import { type Deliverer, type OwnedEndpoint, isFor, ownedColumns } from './owned.ts'
import type { Terms } from './tables.ts'

/** How long a process's lease of an endpoint lasts after it was last renewed. */
export const OWNED_MS = 8_000

/**
 * How many deliveries of an endpoint may have a row before they begin. Further events wait without
 * one.
 */
const WINDOW = 500
const EVENTS_PAGE = 1_000
const REPLAY_PAGE = 500

export interface Turn {
  endpoint: OwnedEndpoint
  claimed: Claimed[]
}

/**
 * Endpoints with work that may belong to this process, in no particular order.
 * @param known the endpoints of this process with deliveries that must be given back, and those
 * with deliveries that must not begin if the endpoint is disabled
 */
export function endpointsWithWork(
  sql: postgres.Sql,
  deliverer: Deliverer,
  known: { adrift: readonly bigint[]; queued: readonly bigint[] },
): Promise<Pick<OwnedEndpoint, 'seq' | 'status'>[]> {
  const { owner } = deliverer
  return sql`
    select e.seq, e.status from webhook_endpoints e, event_counter c
    where ${isFor(sql, deliverer)} and (
      e.cursor < c.last or e.replay_from is not null
      or e.seq = any(${array(known.adrift)}::bigint[])
      or e.status = 'disabled' and e.seq = any(${array(known.queued)}::bigint[])
      or e.owner = ${owner} and e.owned_until < now() + make_interval(secs => ${OWNED_MS / 2_000})
      or exists (
        select from webhook_deliveries d
        where d.endpoint = e.seq and d.status = 'pending' and d.tries = 0
          and (not d.is_taken or e.owner is distinct from ${owner})
      )
      or exists (
        select from webhook_deliveries d
        where d.endpoint = e.seq and d.status = 'pending' and d.tries > 0
          and (d.next_attempt_at <= now() and not d.is_taken or d.is_taken and e.owner is distinct from ${owner})
      )
    )`
}

interface LockedEndpoint extends OwnedEndpoint {
  owner: string | null
  terms: Terms[]
  cursor: bigint
  lastSeq: bigint
  replayFrom: bigint | null
  replayTo: bigint | null
}

/**
 * One turn for an endpoint, in one transaction. The process takes or renews the lease, numbers new
 * events for the endpoint, and claims due deliveries: at most `room` first and `room` repeated
 * ones.
 * @returns `locked` if the endpoint's row is locked at the moment, and `elsewhere` if the endpoint
 * is not for this process, or is gone
 */
export async function takeTurn(
  sql: postgres.Sql,
  deliverer: Deliverer,
  endpointSeq: bigint,
  hand: Hand,
  types: ReadonlyMap<string, EventType>,
): Promise<Turn | 'locked' | 'elsewhere'> {
  const { owner } = deliverer
  return sql.begin<Promise<Turn | 'locked' | 'elsewhere'>>(async (transaction) => {
    const tx = transaction as unknown as postgres.Sql
    const [endpoint] = await tx<LockedEndpoint[]>`
      select ${ownedColumns(tx)}, terms, cursor, last_seq as "lastSeq",
        replay_from as "replayFrom", replay_to as "replayTo", owner
      from webhook_endpoints where seq = ${String(endpointSeq)}::bigint
        and ${isFor(tx, deliverer)}
      for update skip locked`
    if (endpoint === undefined) return whyNot(tx, deliverer, endpointSeq)
    // Deliveries that another, ended process had claimed must begin again, in order. So must those
    // that this process has let go of.
    if (endpoint.owner !== owner || hand.isAdrift) await takeOver(tx, endpointSeq, hand.seqs)
    if (endpoint.status === 'disabled') await failMore(tx, endpointSeq)
    const numbered = await numberForEndpoint(tx, endpoint, types)
    const replayFrom = endpoint.status === 'active' ? await replayMore(tx, endpoint) : null
    const claimed =
      endpoint.status === 'active' && hand.room > 0 ? await claim(tx, endpointSeq, hand) : []
    await tx`
      update webhook_endpoints set owner = ${owner},
        owned_until = now() + make_interval(secs => ${OWNED_MS / 1_000}),
        cursor = ${String(numbered.cursor)}::bigint, last_seq = ${String(numbered.lastSeq)}::bigint,
        terms = ${JSON.stringify(numbered.terms)}::text::jsonb,
        replay_from = ${replayFrom === null ? null : String(replayFrom)}::bigint
      where seq = ${String(endpointSeq)}::bigint`
    return { endpoint, claimed }
  })
}

/** A lock that another call holds for a moment says nothing about whose the endpoint is. */
async function whyNot(
  tx: postgres.Sql,
  deliverer: Deliverer,
  endpoint: bigint,
): Promise<'locked' | 'elsewhere'> {
  const [free] = await tx`
    select from webhook_endpoints where seq = ${String(endpoint)}::bigint
      and ${isFor(tx, deliverer)}`
  return free === undefined ? 'elsewhere' : 'locked'
}

/** Fails a further page of the deliveries that waited when the endpoint was disabled. */
async function failMore(tx: postgres.Sql, endpoint: bigint): Promise<void> {
  await tx`
    update webhook_deliveries set status = 'failed', is_taken = false, next_attempt_at = null
    where endpoint = ${String(endpoint)}::bigint and seq = any(array(
      select seq from webhook_deliveries
      where endpoint = ${String(endpoint)}::bigint and status = 'pending'
      order by seq limit ${REPLAY_PAGE}::int
    ))`
}

/** Numbers the next events that the endpoint asks for, without gaps. */
async function numberForEndpoint(
  tx: postgres.Sql,
  { seq: endpoint, cursor, lastSeq, terms, status }: LockedEndpoint,
  types: ReadonlyMap<string, EventType>,
) {
  const same = { cursor, lastSeq, terms }
  const [standing] = await tx<{ last: bigint; waiting: number }[]>`
    select last, (select count(*) from (
      select from webhook_deliveries
      where endpoint = ${String(endpoint)}::bigint and status = 'pending' and tries = 0
      limit ${WINDOW}::int
    ) few)::int as waiting
    from event_counter where id = 1`
  if (standing === undefined || standing.last <= cursor) return same
  if (standing.waiting >= WINDOW && status === 'active') return same
  const rows = await tx<{ seq: bigint; type: string; endpointId: bigint | null }[]>`
    select seq, type, endpoint_id as "endpointId" from events
    where seq > ${String(cursor)}::bigint and seq <= ${String(standing.last)}::bigint
    order by seq limit ${EVENTS_PAGE}::int`
  let next = lastSeq
  const mine = rows.flatMap(({ seq, type, endpointId }) => {
    const current = termsAt(terms, seq)
    const isMine =
      endpointId === null
        ? includesType(current.events, type, types.get(type))
        : endpointId === endpoint
    return isMine ? [{ seq: ++next, eventSeq: seq, isParked: current.isParked }] : []
  })
  if (mine.length > 0) {
    await tx`
      insert into webhook_deliveries (endpoint, seq, event_seq, status)
      select ${String(endpoint)}::bigint, new.seq, new.event_seq,
        case when new.is_parked then 'parked' else 'pending' end
      from unnest(
        ${column(mine, ({ seq }) => seq)}::bigint[],
        ${column(mine, ({ eventSeq }) => eventSeq)}::bigint[],
        ${column(mine, ({ isParked }) => isParked)}::boolean[]
      ) as new (seq, event_seq, is_parked)`
  }
  const reached = rows.length < EVENTS_PAGE ? standing.last : (rows.at(-1)?.seq ?? cursor)
  const kept = terms.filter((_, index) => {
    const following = terms[index + 1]
    return following === undefined || BigInt(following.after) > reached
  })
  return { cursor: reached, lastSeq: next, terms: kept }
}

const NO_TERMS: Terms = { after: '0', events: [], isParked: false }

function termsAt(terms: readonly Terms[], seq: bigint): Terms {
  return terms.findLast(({ after }) => BigInt(after) < seq) ?? NO_TERMS
}

/** @returns the number at which the replay continues; null at its end */
async function replayMore(
  tx: postgres.Sql,
  { seq: endpoint, replayFrom, replayTo }: LockedEndpoint,
): Promise<bigint | null> {
  if (replayFrom === null || replayTo === null) return null
  const [found] = await tx<{ waiting: number }[]>`
    select count(*)::int as waiting from (
      select from webhook_deliveries
      where endpoint = ${String(endpoint)}::bigint and status = 'pending' and tries = 0
      limit ${WINDOW}::int
    ) few`
  if ((found?.waiting ?? 0) >= WINDOW) return replayFrom
  const rows = await tx<{ seq: bigint }[]>`
    update webhook_deliveries
    set status = 'pending', tries = 0, is_taken = false, next_attempt_at = now()
    where endpoint = ${String(endpoint)}::bigint and seq = any(array(
      select seq from webhook_deliveries
      where endpoint = ${String(endpoint)}::bigint
        and seq between ${String(replayFrom)}::bigint and ${String(replayTo)}::bigint
      order by seq limit ${REPLAY_PAGE}::int
    )) returning seq`
  const last = rows.reduce((most, { seq }) => (seq > most ? seq : most), replayFrom)
  return rows.length < REPLAY_PAGE ? null : last + 1n
}

/** Gives up all leases of a process, and the deliveries that it has claimed. */
export async function releaseEndpoints(sql: postgres.Sql, owner: string): Promise<void> {
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as postgres.Sql
    const mine = await tx<{ seq: bigint }[]>`
      select seq from webhook_endpoints where owner = ${owner} order by seq for update`
    const seqs = array(mine.map(({ seq }) => seq))
    await tx`
      update webhook_deliveries set is_taken = false
      where endpoint = any(${seqs}::bigint[]) and status = 'pending' and is_taken`
    await tx`
      update webhook_endpoints set owner = null, owned_until = null
      where seq = any(${seqs}::bigint[])`
  })
}
