import { and, eq, getTableColumns, inArray, isNotNull, lt, ne, sql } from 'drizzle-orm'
import type { Database, Transaction } from '../../database/index.ts'
import { tellEvent } from '../../events/record.ts'
import { accountSubject } from '../../funds/accounts.ts'
import { autoTopUpIntents, autoTopUps, type PAUSE_REASONS } from '../../funds/auto-top-up/tables.ts'
import { arm } from './arm.ts'
import type { Failure } from './failure.ts'
import { lockAccount } from './lock.ts'

export type Intent = typeof autoTopUpIntents.$inferSelect

/** So many payments that fail one after the other pause it. */
const FAILURES_MAX = 3

export async function findIntent(db: Database, id: string): Promise<Intent | undefined> {
  const [row] = await db.select().from(autoTopUpIntents).where(eq(autoTopUpIntents.id, id))
  return row
}

/** Cancels the intent of a locked account that Stripe was not asked for. */
export async function cancelUnsent(tx: Transaction, accountId: bigint): Promise<void> {
  await tx
    .update(autoTopUpIntents)
    .set({ status: 'cancelled', endedAt: sql`now()` })
    .where(and(eq(autoTopUpIntents.accountId, accountId), eq(autoTopUpIntents.status, 'open')))
}

/**
 * Notes that an intent is about to be asked of Stripe: from then on its outcome is unknown until Stripe
 * tells it.
 * @returns null where it has ended; `isUnwanted` where its account is closed, or not to be topped up any more
 */
export async function beginSending(
  db: Database,
  id: string,
): Promise<(Intent & { isUnwanted: boolean }) | null> {
  const [row] = await db
    .update(autoTopUpIntents)
    .set({ status: 'sent', sentAt: sql`coalesce(sent_at, now())` })
    .where(and(eq(autoTopUpIntents.id, id), inArray(autoTopUpIntents.status, ['open', 'sent'])))
    .returning({
      ...getTableColumns(autoTopUpIntents),
      isUnwanted: sql<boolean>`not exists (
        select from accounts a join auto_top_ups s on s.account_id = a.id
        where a.id = ${autoTopUpIntents.accountId} and a.status <> 'closed' and s.enabled)`,
    })
  return row ?? null
}

/** Payments of an account that failed because its user must authenticate, and still may do so. */
export async function unauthenticated(
  db: Database,
  accountId: bigint,
): Promise<{ id: string; paymentIntentId: string }[]> {
  const rows = await db
    .select({ id: autoTopUpIntents.id, paymentIntentId: autoTopUpIntents.paymentIntentId })
    .from(autoTopUpIntents)
    .where(
      and(
        eq(autoTopUpIntents.accountId, accountId),
        eq(autoTopUpIntents.status, 'failed'),
        eq(autoTopUpIntents.failure, 'authentication_required'),
      ),
    )
  return rows.flatMap(({ id, paymentIntentId }) =>
    paymentIntentId === null ? [] : [{ id, paymentIntentId }],
  )
}

export interface Late {
  id: string
  paymentIntentId: string
  sentAt: Date
}

/** Payments whose end no event has told within an hour, oldest first. */
export async function latePayments(db: Database, limit: number, after?: Late): Promise<Late[]> {
  const { id, paymentIntentId, sentAt, status } = autoTopUpIntents
  const place = sql`(${sentAt}, ${id})`
  const rows = await db
    .select({ id, paymentIntentId, sentAt })
    .from(autoTopUpIntents)
    .where(
      and(
        eq(status, 'sent'),
        isNotNull(paymentIntentId),
        lt(sentAt, sql`now() - interval '1 hour'`),
        after && sql`${place} > (${after.sentAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(sentAt, id)
    .limit(limit)
  return rows.flatMap((row) => {
    const { paymentIntentId: payment, sentAt: sent } = row
    return payment === null || sent === null
      ? []
      : [{ id: row.id, paymentIntentId: payment, sentAt: sent }]
  })
}

/** Notes that a failed payment was cancelled, so that it can't be made any more. */
export async function cancelled(db: Database, id: string): Promise<void> {
  await db
    .update(autoTopUpIntents)
    .set({ status: 'cancelled' })
    .where(and(eq(autoTopUpIntents.id, id), eq(autoTopUpIntents.status, 'failed')))
}

/**
 * Cancels an intent for which Stripe was never asked, because the money has come by an earlier
 * payment. If the balance is still too low, this leaves another intent.
 */
export function withdrawn(db: Database, intent: Intent): Promise<void> {
  return db.transaction(async (tx) => {
    await lockAccount(tx, intent.accountId)
    await tx
      .update(autoTopUpIntents)
      .set({ status: 'cancelled', endedAt: sql`now()` })
      .where(and(eq(autoTopUpIntents.id, intent.id), eq(autoTopUpIntents.status, 'open')))
    await arm(tx, intent.accountId, { isAtOnce: true })
  })
}

export async function notePayment(db: Database, id: string, paymentIntentId: string) {
  await db.update(autoTopUpIntents).set({ paymentIntentId }).where(eq(autoTopUpIntents.id, id))
}

/** The money has come: the next fall leaves another intent, and so does a balance that is still too low. */
export function succeeded(db: Database, intent: Intent, paymentIntentId: string): Promise<void> {
  return db.transaction(async (tx) => {
    await lockAccount(tx, intent.accountId)
    const [ended] = await tx
      .update(autoTopUpIntents)
      .set({ status: 'succeeded', failure: null, paymentIntentId, endedAt: sql`now()` })
      .where(and(eq(autoTopUpIntents.id, intent.id), ne(autoTopUpIntents.status, 'succeeded')))
      .returning({ id: autoTopUpIntents.id })
    if (ended === undefined) return
    await tx
      .update(autoTopUps)
      .set({ failures: 0 })
      .where(eq(autoTopUps.accountId, intent.accountId))
    await arm(tx, intent.accountId, { isAtOnce: true })
    const data = { amount: Number(intent.amount), payment_intent_id: paymentIntentId }
    await tellEvent(tx, { type: 'auto_top_up.succeeded', subject: subjectOf(intent), data })
  })
}

/**
 * The payment has failed. Told twice, by the answer and by an event, it is one failure. The next charge
 * below the threshold tries again, unless this pauses.
 */
export function failed(
  db: Database,
  intent: Intent,
  { code, needsUser, actionUrl }: Failure,
  paymentIntentId: string | null,
): Promise<void> {
  const reason = code === 'authentication_required' ? code : 'payment_method_declined'
  const paused = needsUser
    ? sql`${reason}`
    : sql`case when failures + 1 >= ${FAILURES_MAX}::int then 'payments_failed' else paused_reason end`
  return end(db, intent, 'failed', code, paused, {
    amount: Number(intent.amount),
    code,
    needs_user: needsUser,
    payment_intent_id: paymentIntentId ?? intent.paymentIntentId,
    action_url: actionUrl,
  })
}

/** Nobody can tell what became of it: an operator has to look. */
export function parked(db: Database, intent: Intent): Promise<void> {
  const reason: (typeof PAUSE_REASONS)[number] = 'outcome_unknown'
  return end(db, intent, 'parked', null, sql`${reason}`, null)
}

/**
 * Cancels an intent that is not wanted any more. Stripe has no payment for it, and must not be asked
 * for one.
 */
export function unwanted(db: Database, intent: Intent): Promise<void> {
  return end(db, intent, 'cancelled', null, sql`paused_reason`, null)
}

function end(
  db: Database,
  intent: Intent,
  status: 'failed' | 'parked' | 'cancelled',
  failure: string | null,
  pausedReason: ReturnType<typeof sql>,
  told: Record<string, unknown> | null,
): Promise<void> {
  return db.transaction(async (tx) => {
    await lockAccount(tx, intent.accountId)
    const [ended] = await tx
      .update(autoTopUpIntents)
      .set({ status, failure, endedAt: sql`now()` })
      .where(
        and(eq(autoTopUpIntents.id, intent.id), inArray(autoTopUpIntents.status, ['open', 'sent'])),
      )
      .returning({ id: autoTopUpIntents.id })
    if (ended === undefined) return
    const [before] = await tx
      .select({ pausedReason: autoTopUps.pausedReason })
      .from(autoTopUps)
      .where(eq(autoTopUps.accountId, intent.accountId))
    const [after] = await tx
      .update(autoTopUps)
      .set({ failures: sql`failures + 1`, pausedReason, updatedAt: sql`now()` })
      .where(eq(autoTopUps.accountId, intent.accountId))
      .returning({ reason: autoTopUps.pausedReason })
    await arm(tx, intent.accountId, { isAtOnce: false })
    const subject = subjectOf(intent)
    if (told !== null) await tellEvent(tx, { type: 'auto_top_up.failed', subject, data: told })
    if (before?.pausedReason === null && after !== undefined && after.reason !== null) {
      const actionUrl = told?.['action_url'] ?? null
      const data = { reason: after.reason, amount: Number(intent.amount), action_url: actionUrl }
      await tellEvent(tx, { type: 'auto_top_up.paused', subject, data })
    }
  })
}

function subjectOf({ accountId }: Intent): string {
  return accountSubject({ id: accountId })
}
