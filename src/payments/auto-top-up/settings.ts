import { eq, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../../audit/record.ts'
import type { Database } from '../../database/index.ts'
import { accountSubject, getAccount } from '../../funds/accounts.ts'
import { autoTopUps, savedPaymentMethods } from '../../funds/auto-top-up/tables.ts'
import { lockAccount } from '../../funds/erase-account.ts'
import { Refusal } from '../../refusals/index.ts'
import { chargeFor } from '../money.ts'
import { arm } from './arm.ts'
import { cancelUnsent } from './intents.ts'

export type Settings = Pick<
  typeof autoTopUps.$inferSelect,
  'threshold' | 'amount' | 'dailyMax' | 'monthlyMax' | 'enabled'
>

/** As it is set, and whether it could run. */
export interface AutoTopUpState {
  row: typeof autoTopUps.$inferSelect
  hasPaymentMethod: boolean
}

/**
 * Sets how an account is topped up by itself. Enabling it lifts a pause, and a balance that is below the
 * threshold is topped up at once. Disabling it cancels a payment that Stripe was not asked for.
 * @throws Refusal `ACCOUNT_NOT_FOUND`, `ASSET_NOT_PAYABLE`, or `VALIDATION_FAILED` for an amount that
 * Stripe can't charge
 */
export function setAutoTopUp(
  db: Database,
  actor: Actor,
  userId: string,
  settings: Settings,
): Promise<AutoTopUpState> {
  return db.transaction(async (tx) => {
    const account = await lockAccount(tx, userId)
    if (account === null) throw new Refusal('ACCOUNT_NOT_FOUND')
    chargeFor(settings.amount, account.asset)
    const lifted = settings.enabled ? { pausedReason: null, failures: 0 } : {}
    const news = { ...settings, ...lifted }
    await tx
      .insert(autoTopUps)
      .values({ accountId: account.id, ...news })
      .onConflictDoUpdate({ target: autoTopUps.accountId, set: { ...news, updatedAt: sql`now()` } })
    if (!settings.enabled) await cancelUnsent(tx, account.id)
    await arm(tx, account.id, { isAtOnce: true })
    const { threshold, amount, dailyMax, monthlyMax, enabled } = settings
    await recordAudit(tx, actor, {
      event: 'auto_top_up.updated',
      subject: accountSubject(account),
      metadata: {
        threshold: Number(threshold),
        amount: Number(amount),
        daily_max: Number(dailyMax),
        monthly_max: Number(monthlyMax),
        enabled,
      },
    })
    return stateOf(tx, account.id)
  })
}

/** @throws Refusal `ACCOUNT_NOT_FOUND`, or `AUTO_TOP_UP_NOT_FOUND` before it is set */
export async function getAutoTopUp(db: Database, userId: string): Promise<AutoTopUpState> {
  const account = await getAccount(db, userId)
  return stateOf(db, account.id)
}

async function stateOf(db: Pick<Database, 'select'>, accountId: bigint): Promise<AutoTopUpState> {
  const [found] = await db
    .select({ row: autoTopUps, method: savedPaymentMethods.paymentMethodId })
    .from(autoTopUps)
    .leftJoin(savedPaymentMethods, eq(savedPaymentMethods.accountId, autoTopUps.accountId))
    .where(eq(autoTopUps.accountId, accountId))
  if (found === undefined) throw new Refusal('AUTO_TOP_UP_NOT_FOUND')
  return { row: found.row, hasPaymentMethod: found.method !== null }
}
