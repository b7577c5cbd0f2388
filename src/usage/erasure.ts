import { and, desc, eq, like, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { transfers } from '../funds/tables.ts'
import { forgetRowsOf, together } from '../privacy/forget-rows.ts'
import type { ErasureRow, Step } from '../privacy/row.ts'
import { USAGE_KEY } from './payments.ts'
import { usageAllowances } from './tables.ts'

const forgetCorrections = forgetRowsOf('usage_corrections')
const forgetBillingFindings = forgetRowsOf('usage_billing_findings')
const forgetBasePlans = forgetRowsOf('base_plans_past')
const forgetRemainders = forgetRowsOf('usage_remainders')
const forgetEvents = forgetRowsOf('usage_meter_events')

/** Counts also reports of the page that retention deletes meanwhile: fewer would end the step early. */
async function forgetReports(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const [page] = await tx.execute<{ count: number; last: string | null }>(sql`
    with page as materialized (
      select report_id from usage_reports
      where customer_id = ${row.customerId} and report_id > ${row.after ?? ''}
      order by report_id limit ${limit}
    ),
    gone as (
      delete from usage_reports
      where customer_id = ${row.customerId} and report_id = any(array(select report_id from page))
    )
    select count(*)::int as count, max(report_id) as last from page`)
  row.after = page?.last ?? row.after
  return page?.count ?? 0
}

const forgetHours = forgetRowsOf('usage_meter_hours')
const forgetSums = forgetRowsOf('usage_meter_sums')

/** The numbers are stored in the rows of running erasures. */
export const usageSteps: Readonly<Record<number, Step>> = {
  6: together(forgetReports, forgetCorrections),
  // Usage goes from hours to sums, and from both to events to Stripe: once hours and sums are deleted,
  // no more events are made. Only what a correction has taken back goes from events to hours again, so
  // events are deleted before the hours too.
  7: together(forgetEvents, forgetHours, forgetSums),
  8: together(forgetEvents, forgetBillingFindings),
  9: together(forgetRemainders, forgetBasePlans),
}

/** Without its allowance, no report of this customer is stored any more. */
export async function endAllowance(tx: Transaction, customerId: string): Promise<void> {
  await tx.delete(usageAllowances).where(eq(usageAllowances.customerId, customerId))
}

/**
 * Transfers that paid for usage name its reports. An account without such transfers does not belong
 * to a customer.
 */
export async function hasPaidForUsage(tx: Transaction, accountId: bigint): Promise<boolean> {
  const [paid] = await tx
    .select({ seq: transfers.seq })
    .from(transfers)
    .where(and(eq(transfers.accountId, accountId), like(transfers.idempotencyKey, `${USAGE_KEY}%`)))
    // Newest first: an account that pays for usage usually goes on doing so.
    .orderBy(desc(transfers.seq))
    .limit(1)
  return paid !== undefined
}
