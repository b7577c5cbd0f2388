import { sql } from 'drizzle-orm'
import type { Transaction } from '../../database/index.ts'

/**
 * Lets the next fall of a balance leave an intent, where it is enabled, has a payment method, is not
 * paused and has no intent open. The account has to be locked.
 * @param isAtOnce a balance that is below the threshold already leaves one now
 */
export async function arm(
  tx: Transaction,
  accountId: bigint,
  { isAtOnce }: { isAtOnce: boolean },
): Promise<void> {
  await tx.execute(sql`select arm_auto_top_up(${String(accountId)}::bigint, ${isAtOnce})`)
}
