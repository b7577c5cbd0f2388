import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { transferId } from '../funds/ids.ts'
import type { ChargedPart } from './tables.ts'

/** A caller's key contains no space, so it never collides with this one. */
export const USAGE_KEY = ' usage '

/** What a report has cost its customer's account. */
export interface Payment {
  /** The charge for each metric that is paid from funds; 0 if only a fraction was added. */
  charges: readonly Pick<ChargedPart, 'metric' | 'asset' | 'amount'>[]
  /** The one transfer for all charges; null if only fractions were added. */
  transferId: string | null
  /** The account's balance after the transfer; without one, when it was asked for. */
  balance: number
}

/**
 * The payment for a stored report; null if it cost nothing. It is the same as in the report's first
 * answer, except for the balance of a payment without a transfer.
 */
export async function paymentOf(
  db: Pick<Database, 'execute'>,
  customerId: string,
  reportId: string,
): Promise<Payment | null> {
  const [row] = await db.execute<Pick<PaidRow, keyof PaidRow>>(findPayment(customerId, reportId))
  if (row === undefined) return null
  const charges = row.charges ?? fromTransfer(row)
  if (charges === null) return null
  const { accountId, seq, balance } = row
  const id =
    accountId === null ? null : transferId({ accountId: BigInt(accountId), seq: BigInt(seq ?? 0) })
  return { charges, transferId: id, balance }
}

/**
 * Looks up the transfer by the expression of `transfers_idempotency_key`, the only index that has the
 * keys of usage.
 */
export function findPayment(customerId: string, reportId: string): SQL {
  return sql`
    select r.charges, t.account_id::text as "accountId", t.seq::text, t.asset, t.metadata,
      coalesce(t.balance_after, a.balance)::float8 as balance
    from accounts a
    left join usage_reports r on r.customer_id = a.user_id and r.report_id = ${reportId}
    left join transfers t on (t.account_id::text || ' ' || t.idempotency_key)
      = (a.id::text || ' ' || ${USAGE_KEY + reportId})
    where a.user_id = ${customerId}`
}

interface PaidRow {
  charges: ChargedPart[] | null
  accountId: string | null
  seq: string | null
  asset: string | null
  metadata: { metrics?: Record<string, { amount: number }> } | null
  balance: number
}

/** Reads the charges from the transfer, which outlives the report's row and names the metrics. */
function fromTransfer({ asset, metadata }: PaidRow): Payment['charges'] | null {
  if (asset === null) return null
  return Object.entries(metadata?.metrics ?? {}).map(([metric, { amount }]) => {
    return { metric, asset, amount }
  })
}
