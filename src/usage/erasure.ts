import { eq, sql } from 'drizzle-orm'
import type { Transaction } from '../database/index.ts'
import { accounts } from '../funds/tables.ts'
import { forgetRowsOf, together } from '../privacy/forget-rows.ts'
import type { ErasureRow, Step } from '../privacy/row.ts'
import { usageAllowances, usageRemainders } from './tables.ts'

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

/** As by whoever takes something back: hours are locked before events. */
async function lockHours(tx: Transaction, { customerId }: ErasureRow): Promise<number> {
  if (customerId !== null) {
    await tx.execute(sql`
      select from usage_meter_hours where customer_id = ${customerId}
      order by event_name, at for update`)
  }
  return 0
}

const forgetHours = forgetRowsOf('usage_meter_hours')
const forgetSums = forgetRowsOf('usage_meter_sums')

/** The numbers are stored in the rows of running erasures. */
export const usageSteps: Readonly<Record<number, Step>> = {
  6: together(forgetReports, forgetCorrections),
  // Usage goes from hours to sums, and from both to events to Stripe: once hours and sums are deleted,
  // no more events are made. Only what a correction has taken back goes from events to hours again, so
  // events are deleted before the hours too.
  7: together(lockHours, forgetEvents, forgetHours, forgetSums),
  8: together(forgetEvents, forgetBillingFindings),
  9: together(forgetRemainders, forgetBasePlans),
}

/** Without its allowance, no report of this customer is stored any more. */
export async function endAllowance(tx: Transaction, customerId: string): Promise<void> {
  await tx.delete(usageAllowances).where(eq(usageAllowances.customerId, customerId))
}

/**
 * Whether an account pays for a customer's usage, and so belongs to the customer. Whoever charges an
 * account for usage writes a remainder, be it 0, and only the customer's erasure deletes it. To search
 * the transfers would be to read all those of an account that has paid for none.
 */
export async function hasPaidForUsage(tx: Transaction, accountId: bigint): Promise<boolean> {
  const [paid] = await tx
    .select({ metric: usageRemainders.metric })
    .from(accounts)
    .innerJoin(usageRemainders, eq(usageRemainders.customerId, accounts.userId))
    .where(eq(accounts.id, accountId))
    .limit(1)
  return paid !== undefined
}
