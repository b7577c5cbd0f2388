import type postgres from 'postgres'
import {
  isFoundLate,
  lateSubject,
  lateness,
  payerOf,
  subscriptionAt,
} from './billing-subscription.ts'
import type { Correction } from './correction.ts'
import type { MeteredPart } from './tables.ts'

/**
 * Stripe cancels an event for 24 hours after it has received it; the job that asks for it runs each minute.
 * The source of the rule: https://docs.stripe.com/api/billing/meter-event-adjustment/create
 */
const CANCELLABLE_MINUTES = 24 * 60 - 5

/**
 * Takes the parts of a report back from what Stripe is told: from what waits to be told, then from events,
 * which a job cancels and sends again with the rest, then from the fractions that past hours have left, and
 * from what was found to be billed by nobody. What Stripe will bill all the same is a finding. Hours are
 * locked before events and those before fractions, as the job that makes events does.
 * @returns whether Stripe goes on billing something of it
 */
export async function takeBackParts(
  sql: postgres.Sql,
  xid: string,
  correction: Correction,
  parts: readonly MeteredPart[],
): Promise<boolean> {
  let isBilled = false
  for (const part of parts) {
    const left = await takeBack(sql, xid, correction.customerId, part)
    await noteUntaken(sql, xid, correction, part, left)
    isBilled ||= left !== null
  }
  return isBilled
}

/** @returns what could not be taken back, as a decimal number; null for nothing */
async function takeBack(
  sql: postgres.Sql,
  xid: string,
  customerId: string,
  { event_name: eventName, at, value, payer: paidBy }: MeteredPart,
): Promise<string | null> {
  const guard = sql`guard as materialized (select require_transaction(${xid}::xid8))`
  const isMeter = sql`customer_id = ${customerId} and event_name = ${eventName}`
  const hour = sql`${at}::timestamptz(3)`
  const payer = paidBy ?? null
  let left = String(value)

  /** @param source parts of a statement, of which `had` has how much there is to take */
  async function takeFrom(source: (wanted: postgres.PendingQuery<postgres.Row[]>) => Query) {
    if (Number(left) === 0) return
    const [row] = await sql<{ left: string }[]>`
      with ${guard}, ${source(sql`${left}::numeric`)}
      select greatest(0, ${left}::numeric - coalesce((select sum(value) from had), 0))::text as left`
    left = row?.left ?? left
  }

  // Locked although they are not there: the job puts back there what it has cancelled.
  await sql`
    with ${guard}
    insert into usage_meter_hours as waiting (customer_id, event_name, at, value, stripe_customer_id)
    select ${customerId}, ${eventName}, hour.at, 0, ${payer}::text
    from guard, (
      select ${hour} as at
      union
      select at from usage_meter_events where ${isMeter} and at >= ${hour} and since <= ${hour}
    ) hour
    order by hour.at
    on conflict (customer_id, event_name, at) do update set value = waiting.value`
  await takeFrom((wanted) => fromHours(sql, { isMeter, hour, wanted }))
  await takeFrom((wanted) => fromEvents(sql, { isMeter, hour, wanted }))
  await takeFrom(
    (wanted) => sql`
      had as materialized (
        select value from usage_meter_sums where ${isMeter} and coalesce(${hour} between since and at, true) for update
      ),
      taken as (
        update usage_meter_sums s set value = s.value - least(s.value, ${wanted})
        from guard where ${isMeter} and coalesce(${hour} between since and at, true)
      )`,
  )
  if (payer === null) await takeFrom((wanted) => fromUnbilled(sql, { isMeter, hour, wanted }))
  return Number(left) > 0 ? left : null
}

type Query = postgres.PendingQuery<postgres.Row[]>

interface Wanted {
  isMeter: Query
  hour: Query
  wanted: Query
}

/** The hour, and those to which fractions were put back that stand for it among others. */
function fromHours(sql: postgres.Sql, { isMeter, hour, wanted }: Wanted): Query {
  return sql`
    had as materialized (
      select at, value from usage_meter_hours
      where ${isMeter} and at >= ${hour} and coalesce(since, at) <= ${hour}
      order by at for update
    ),
    open as materialized (
      select at, value, sum(value) over (order by at) - value as before from had
    ),
    taken as (
      update usage_meter_hours h set value = h.value - least(open.value, ${wanted} - open.before)
      from open, guard
      where ${isMeter} and h.at = open.at and open.before < ${wanted}
    )`
}

/**
 * The hour's events, and those of fractions that stand for it among others. Events that may be at Stripe
 * without our knowing can't be told from those that are not. To cancel those of a final invoice would have
 * no effect.
 */
function fromEvents(sql: postgres.Sql, { isMeter, hour, wanted }: Wanted): Query {
  const used = subscriptionAt('e', payerOf('e'))
  const late = lateness('used', 'coalesce(e.late_in, e.at)')
  // Stripe bills nothing as of that time, so that any of it can go.
  const isUnbilled = `e.late_in = ${late} or ${isFoundLate('e.at')}`
  return sql`
    had as materialized (
      select e.id, e.since, e.sent_at, e.value - coalesce(e.taken_back, 0) as value
      from usage_meter_events e
      left join lateral (${sql.unsafe(used)}) used on true
      where ${isMeter} and e.at >= ${hour} and coalesce(e.since, e.at) <= ${hour}
        and e.reason is distinct from 'outcome_unknown'
        and (e.accepted_at is null or (
          e.sent_at > now() - make_interval(mins => ${CANCELLABLE_MINUTES}::int)
          and (${sql.unsafe(late)} is null or ${sql.unsafe(isUnbilled)})
        ))
      order by e.id for update of e
    ),
    open as materialized (
      select id, value, sum(value) over (
        order by since nulls first, sent_at desc nulls first, id
      ) - value as before
      from had
    ),
    taken as (
      update usage_meter_events e
      set taken_back = coalesce(e.taken_back, 0) + least(open.value, ${wanted} - open.before)
      from open, guard
      where e.id = open.id and open.value > 0 and open.before < ${wanted}
    )`
}

/** What nobody has paid for is found once, for all hours of a meter. */
function fromUnbilled(sql: postgres.Sql, { isMeter, hour, wanted }: Wanted): Query {
  const isFound = sql`${isMeter} and kind = 'unbilled_usage' and used_at <= ${hour}`
  return sql`
    had as materialized (select value from usage_billing_findings where ${isFound} for update),
    gone as (
      delete from usage_billing_findings using guard where ${isFound} and value <= ${wanted}
    ),
    taken as (
      update usage_billing_findings set value = value - ${wanted}
      from guard where ${isFound} and value > ${wanted}
    )`
}

/** Also of use that was told late: a finding of no use any more goes. */
async function noteUntaken(
  sql: postgres.Sql,
  xid: string,
  { id, customerId }: Correction,
  { event_name: eventName, at, value, late_in: lateIn, subscription }: MeteredPart,
  left: string | null,
): Promise<void> {
  if (left === null && lateIn === undefined) return
  const late = sql`(select ${lateIn ?? null}::timestamptz as at, ${subscription ?? null}::text as id)`
  const isLate = sql`
    f.customer_id = ${customerId} and f.kind = 'late_usage' and f.event_name = ${eventName}
    and f.subject = ${sql.unsafe(lateSubject('late.at', 'late.id'))}`
  await sql`
    with guard as materialized (select require_transaction(${xid}::xid8)),
    noted as (
      insert into usage_billing_findings as known
        (kind, customer_id, subscription_id, event_name, subject, value, used_at)
      select 'usage_not_correctable', ${customerId}, ${subscription ?? null}, ${eventName},
        concat_ws(' ', ${id}::text, ${at}::text, ${subscription ?? null}::text), ${left}::numeric,
        ${at}::timestamptz
      from guard where ${left}::numeric is not null
      on conflict (customer_id, kind, event_name, subject) do update set
        value = known.value + excluded.value, found_at = now()
    ),
    gone as (
      delete from usage_billing_findings f using guard, ${late} late
      where ${isLate} and f.value <= ${String(value)}::numeric
    )
    update usage_billing_findings f set value = f.value - ${String(value)}::numeric
    from guard, ${late} late
    where ${isLate} and f.value > ${String(value)}::numeric`
}
