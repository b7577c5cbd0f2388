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

async function forgetReports(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const [page] = await tx.execute<{ count: number; last: string | null }>(sql`
    with gone as (
      delete from usage_reports where customer_id = ${row.customerId} and report_id = any(array(
        select report_id from usage_reports
        where customer_id = ${row.customerId} and report_id > ${row.after ?? ''}
        order by report_id limit ${limit}
      ))
      returning report_id
    )
    select count(*)::int as count, max(report_id) as last from gone`)
  row.after = page?.last ?? row.after
  return page?.count ?? 0
}

const forgetHours = forgetRowsOf('usage_meter_hours')
const forgetSums = forgetRowsOf('usage_meter_sums')

/** The numbers are stored in the rows of running erasures. */
export const usageSteps: Readonly<Record<number, Step>> = {
  6: together(forgetReports, forgetCorrections),
  // Events to Stripe are made from sums: once the sums are deleted, no more are made.
  7: together(forgetHours, forgetSums),
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
