import type postgres from 'postgres'
import type { Correction } from './correction.ts'
import type { MeteredPart } from './tables.ts'

/**
 * Stripe cancels an event for 24 hours after it has received it; the job that asks for it runs each minute.
 * The source of the rule: https://docs.stripe.com/api/billing/meter-event-adjustment/create
 */
const CANCELLABLE_MINUTES = 24 * 60 - 5

/**
 * Takes the parts of a report back from what Stripe is told: from what waits to be told, then from events,
 * which a job cancels and sends again with the rest, then from the fractions that past hours have left.
 * What Stripe will bill all the same is a finding. Hours are locked before events and those before
 * fractions, as the job that makes events does.
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
  { event_name: eventName, at, value }: MeteredPart,
): Promise<string | null> {
  const guard = sql`guard as materialized (select require_transaction(${xid}::xid8))`
  const isMeter = sql`customer_id = ${customerId} and event_name = ${eventName}`
  const isHour = sql`${isMeter} and at = ${at}::timestamptz(3)`
  type Taken = { left: string }[]

  const [afterHours] = await sql<Taken>`
    with ${guard},
    waiting as materialized (select value from usage_meter_hours where ${isHour} for update),
    taken as (
      update usage_meter_hours h set value = h.value - least(h.value, ${String(value)}::numeric)
      from guard where ${isHour}
    )
    select greatest(0, ${String(value)}::numeric - coalesce((select value from waiting), 0))::text as left`
  // Those that may be at Stripe without our knowing can not be told from those that are not. Those of a
  // final invoice could be cancelled, to no effect.
  const [afterEvents] = await sql<Taken>`
    with ${guard},
    event as materialized (
      select id, sent_at, value - coalesce(taken_back, 0) as free from usage_meter_events
      where ${isHour} and reason is distinct from 'outcome_unknown'
        and (accepted_at is null or (
          sent_at > now() - make_interval(mins => ${CANCELLABLE_MINUTES}::int) and not exists (
            select from subscription_plans p
            where p.customer_id = ${customerId} and p.gives_access
              and p.billed_start > ${at}::timestamptz
              and p.billed_start <= now() - interval '55 minutes'
          )
        ))
      order by id for update
    ),
    open as materialized (
      select id, free, sum(free) over (order by sent_at desc nulls first, id) - free as before
      from event
    ),
    taken as (
      update usage_meter_events e
      set taken_back = coalesce(e.taken_back, 0)
        + least(open.free, ${afterHours?.left ?? '0'}::numeric - open.before)
      from open, guard
      where e.id = open.id and open.free > 0 and open.before < ${afterHours?.left ?? '0'}::numeric
    )
    select greatest(0, ${afterHours?.left ?? '0'}::numeric
      - coalesce((select sum(free) from open), 0))::text as left`
  const [afterSums] = await sql<Taken>`
    with ${guard},
    waiting as materialized (select value from usage_meter_sums where ${isMeter} for update),
    taken as (
      update usage_meter_sums s set value = s.value - least(s.value, ${afterEvents?.left ?? '0'}::numeric)
      from guard where ${isMeter}
    )
    select greatest(0, ${afterEvents?.left ?? '0'}::numeric
      - coalesce((select value from waiting), 0))::text as left`
  return Number(afterSums?.left ?? 0) > 0 ? (afterSums?.left ?? null) : null
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
  const isLate = sql`
    f.customer_id = ${customerId} and f.kind = 'late_usage' and f.event_name = ${eventName}
    and f.subject = to_char(${lateIn ?? null}::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      || ' ' || ${subscription ?? null}`
  await sql`
    with guard as materialized (select require_transaction(${xid}::xid8)),
    noted as (
      insert into usage_billing_findings
        (kind, customer_id, subscription_id, event_name, subject, value, used_at)
      select 'usage_not_correctable', ${customerId}, ${subscription ?? null}, ${eventName}, 
        ${id}::text || ' ' || ${at}::text, ${left}::numeric, ${at}::timestamptz
      from guard where ${left}::numeric is not null
    ),
    gone as (
      delete from usage_billing_findings f using guard
      where ${isLate} and f.value <= ${String(value)}::numeric
    )
    update usage_billing_findings f set value = f.value - ${String(value)}::numeric from guard
    where ${isLate} and f.value > ${String(value)}::numeric`
}
