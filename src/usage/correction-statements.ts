import type postgres from 'postgres'
import { type PersonalValue, commitTo } from '../audit/commitment.ts'
import { array, column } from '../database/arrays.ts'
import type { Place } from '../funds/operations.ts'
import { Refusal } from '../refusals/index.ts'
import type { Remainder } from './charge-statements.ts'
import { USAGE_KEY } from './payments.ts'
import type { Corrected, Correction } from './correction.ts'
import type { ChargedPart, MeteredPart } from './tables.ts'

/** What is known of a report before anything is locked; transfers never change. */
export interface Correctable {
  /** The correction that was made of it before. */
  done: Omit<Corrected, 'replayed'> | null
  /** The transfer that paid for it; null for none, or where its account is closed. */
  charge: Place | null
  amount: bigint
  /** It was paid from funds, be it only a fraction of a unit. */
  isPaid: boolean
}

/** @throws Refusal `CUSTOMER_NOT_FOUND` or `REPORT_NOT_FOUND` */
export async function findCorrectable(
  sql: postgres.Sql,
  { customerId, reportId }: Correction,
): Promise<Correctable> {
  const [row] = await sql<
    {
      isStored: boolean
      correctionId: string | null
      stripe: Corrected['stripe']
      accountId: bigint | null
      seq: bigint | null
      amount: bigint | null
      isPaid: boolean
    }[]
  >`
    select r.report_id is not null as "isStored", done.id as "correctionId", done.stripe,
      paid.account_id as "accountId", paid.seq, paid.amount,
      r.charges is not null or paid.seq is not null as "isPaid"
    from customers c
    left join usage_reports r on r.customer_id = c.id and r.report_id = ${reportId}
    left join usage_corrections done on done.customer_id = c.id and done.report_id = ${reportId}
    left join lateral (
      select t.account_id, t.seq, t.amount from accounts a
      join transfers t on (t.account_id::text || ' ' || t.idempotency_key)
        = (a.id::text || ' ' || ${USAGE_KEY + reportId})
      where a.user_id = c.id and a.status <> 'closed'
    ) paid on true
    where c.id = ${customerId} and c.erased_at is null`
  if (row === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
  const { correctionId, stripe, accountId, seq } = row
  if (correctionId === null && !row.isStored) throw new Refusal('REPORT_NOT_FOUND')
  return {
    done: correctionId === null ? null : { id: correctionId, reportId, stripe },
    charge: accountId === null || seq === null ? null : { accountId, seq },
    amount: row.amount ?? 0n,
    isPaid: row.isPaid,
  }
}

/** A report whose customer's allowance is locked: no other of the customer's is stored or corrected. */
export interface ReportUnderLock {
  metrics: Record<string, number>
  reportedAt: Date
  metered: MeteredPart[] | null
  charges: ChargedPart[] | null
  /** What is left of the prices that it was charged by. */
  remainders: Remainder[]
}

/**
 * Locks the customer and its allowance, in the order in which whoever stores reports does.
 * @returns null where the report or its customer is gone, or it has been corrected
 */
export async function lockReport(
  sql: postgres.Sql,
  { customerId, reportId }: Correction,
): Promise<ReportUnderLock | null> {
  const locks = [
    sql`select from customers where id = ${customerId} and erased_at is null for key share`.execute(),
    sql`select from usage_allowances where customer_id = ${customerId} for update`.execute(),
  ]
  const reading = sql<Omit<ReportUnderLock, 'remainders'>[]>`
    select r.metrics, r.reported_at as "reportedAt", r.metered, r.charges from usage_reports r
    where r.customer_id = ${customerId} and r.report_id = ${reportId} and not exists (
      select from usage_corrections c
      where c.customer_id = r.customer_id and c.report_id = r.report_id
    )
    for update of r`.execute()
  const remaining = sql<Remainder[]>`
    select customer_id as "customerId", metric, asset, per, remainder::text from usage_remainders
    where customer_id = ${customerId}`.execute()
  const [[report], remainders, living] = await Promise.all([reading, remaining, ...locks])
  if (report === undefined || living?.length !== 1) return null
  const priced = new Set(report.charges?.map((part) => `${part.metric} ${part.asset} ${part.per}`))
  return {
    ...report,
    remainders: remainders.filter((one) => priced.has(`${one.metric} ${one.asset} ${one.per}`)),
  }
}

/** The correction itself and its audit record; a limit that is no longer exceeded can be found again. */
export async function writeCorrection(
  sql: postgres.Sql,
  xid: string,
  correction: Correction & { stripe: Corrected['stripe']; givenBack: bigint },
  { metrics, reportedAt }: ReportUnderLock,
): Promise<void> {
  const { id, customerId, reportId, reason, stripe, actor } = correction
  const values: PersonalValue[] = []
  const commit = (value: string): string => {
    const made = commitTo(customerId, value)
    values.push(made)
    return made.commitment
  }
  const metadata = {
    correction: id,
    report_id: commit(reportId),
    reason: commit(reason),
    given_back: Number(correction.givenBack),
    stripe,
  }
  const ip = actor.ip === null ? null : commit(actor.ip)
  await sql`
    with guard as materialized (select require_transaction(${xid}::xid8)),
    corrected as (
      insert into usage_corrections (id, customer_id, report_id, metrics, reason, stripe)
      select ${id}, ${customerId}, ${reportId}, ${JSON.stringify(metrics)}::text::jsonb, ${reason},
        ${stripe}
      from guard
    ),
    recorded as (
      insert into audit_records (event, actor, subject, ip, metadata)
      select 'usage.corrected', ${actor.id}, ${customerId}, ${ip},
        ${JSON.stringify(metadata)}::text::jsonb
      from guard
    ),
    committed as (
      insert into audit_personal (commitment, subject, salt, value)
      select new.* from guard, unnest(
        ${column(values, (value) => value.commitment)}::text[],
        ${column(values, (value) => value.subject)}::text[],
        ${column(values, (value) => value.salt)}::bytea[],
        ${column(values, (value) => value.value)}::text[]
      ) as new
    )
    delete from usage_findings f using guard
    where f.customer_id = ${customerId} and f.kind = 'limit_exceeded'
      and f.metric = any(${array(Object.keys(metrics))}::text[])
      and f.window_start = date_trunc('month', ${reportedAt}::timestamptz, 'UTC')
      and not exists (
        select from usage_totals t
        where t.customer_id = f.customer_id and t.metric = f.metric and t.period = 'month'
          and t.starts_at = f.window_start and t.sum > f.threshold
      )`
}
