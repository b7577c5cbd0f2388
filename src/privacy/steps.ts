import { and, eq, gt, inArray, isNotNull, isNull, ne, sql } from 'drizzle-orm'
import { apiKeys } from '../customers/api-keys/tables.ts'
import { forgetPersonal } from '../audit/personal.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { accountSubject } from '../funds/accounts.ts'
import { forgetSalt, forgetTransfers } from '../funds/forget.ts'
import type { Account } from '../funds/posting.ts'
import { accounts } from '../funds/tables.ts'
import { recordRevoked } from '../licenses/issue.ts'
import { licenses } from '../licenses/tables.ts'
import type { Transaction } from '../database/index.ts'
import { giveUpBalance, releaseHolds } from './empty-account.ts'
import type { ErasureRow } from './erasure.ts'
import { forgetEvents, ignoreEvents } from './events.ts'

/**
 * Does a part of an erasure, and notes in its row where it has come to and what the record will say.
 * @returns how many rows it has done: fewer than `limit` when nothing is left
 */
type Step = (tx: Transaction, row: ErasureRow, limit: number) => Promise<number>

/** In the order in which they are done, and by whose numbers the rows of erasures under way name them. */
export const STEPS: readonly Step[] = [
  // Before anything is recorded here: what that is of whoever erases, and stays.
  (tx, row, limit) => forgetPersonal(tx, subjectsOf(row), limit),
  revokeKeys,
  forgetKeyNames,
  revokeLicenses,
  forgetLicenses,
  // Licences refer to them.
  (tx, row, limit) => forgetRows(tx, 'subscriptions', row, limit),
  forgetReports,
  // What is on its way to Stripe is made of sums: after them there is no more of it.
  forgetMeterSums,
  (tx, row, limit) => forgetRows(tx, 'usage_meter_events', row, limit),
  (tx, row, limit) => forgetRows(tx, 'usage_remainders', row, limit),
  endHolds,
  emptyAccount,
  forgetTransfersOf,
  forgetEventsOf,
  finish,
]

export function isLast(step: number): boolean {
  return step === STEPS.length - 1
}

async function revokeKeys(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  const { customerId } = row
  if (customerId === null) return 0
  const open = tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.customerId, customerId), isNull(apiKeys.revokedAt)))
    .limit(limit)
  const revoked = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(inArray(apiKeys.id, open))
    .returning({ id: apiKeys.id })
  if (revoked.length > 0) {
    const entries = revoked.map((key) => ({
      event: 'api_key.revoked' as const,
      subject: customerId,
      metadata: { key_id: key.id },
    }))
    await recordAudit(tx, actorOf(row), ...entries)
  }
  row.keysRevoked += revoked.length
  return revoked.length
}

async function forgetKeyNames(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const named = tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.customerId, row.customerId), isNotNull(apiKeys.name)))
    .limit(limit)
  const changed = await tx
    .update(apiKeys)
    .set({ name: null })
    .where(inArray(apiKeys.id, named))
    .returning({ id: apiKeys.id })
  return changed.length
}

/** Their ids stay, so that the tokens out there are on the revocation list until they expire. */
async function revokeLicenses(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const now = new Date()
  const valid = tx
    .select({ id: licenses.id })
    .from(licenses)
    .where(
      and(
        eq(licenses.customerId, row.customerId),
        isNull(licenses.revokedAt),
        gt(licenses.expiresAt, now),
      ),
    )
    .limit(limit)
  const revoked = await tx
    .update(licenses)
    .set({ status: 'revoked', revokedAt: now })
    .where(inArray(licenses.id, valid))
    .returning()
  await recordRevoked(tx, actorOf(row), revoked)
  row.licensesRevoked += revoked.length
  return revoked.length
}

async function forgetLicenses(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.customerId === null) return 0
  const kept = tx
    .select({ id: licenses.id })
    .from(licenses)
    .where(and(eq(licenses.customerId, row.customerId), ne(licenses.token, '')))
    .limit(limit)
  const changed = await tx
    .update(licenses)
    .set({ subscriptionId: null, features: {}, limits: {}, reason: null, token: '' })
    .where(inArray(licenses.id, kept))
    .returning({ id: licenses.id })
  return changed.length
}

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

async function forgetMeterSums(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  const hours = await forgetRows(tx, 'usage_meter_hours', row, limit)
  return hours + (await forgetRows(tx, 'usage_meter_sums', row, limit - hours))
}

async function forgetRows(
  tx: Transaction,
  table:
    | 'subscriptions'
    | 'usage_meter_hours'
    | 'usage_meter_sums'
    | 'usage_meter_events'
    | 'usage_remainders',
  { customerId }: ErasureRow,
  limit: number,
): Promise<number> {
  if (customerId === null) return 0
  const name = sql.identifier(table)
  const gone = await tx.execute(sql`
    delete from ${name} where ctid = any(array(
      select ctid from ${name} where customer_id = ${customerId} limit ${limit} for update
    ))
    returning 1 as one`)
  return gone.length
}

async function endHolds(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  const account = await lockedAccount(tx, row)
  if (account === null) return 0
  const count = await releaseHolds(tx, account, actorOf(row), limit)
  row.holdsReleased += count
  return count
}

async function emptyAccount(tx: Transaction, row: ErasureRow): Promise<number> {
  const account = await lockedAccount(tx, row)
  if (account === null) return 0
  await giveUpBalance(tx, account, actorOf(row))
  await tx.update(accounts).set({ creditLimit: 0n }).where(eq(accounts.id, account.id))
  row.balanceGivenUp = account.balance
  return 0
}

async function forgetTransfersOf(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.accountId === null) return 0
  const page = { after: BigInt(row.after ?? 0), limit }
  const seqs = await forgetTransfers(tx, row.accountId, page)
  row.after = String(seqs.at(-1) ?? page.after)
  return seqs.length
}

async function forgetEventsOf(tx: Transaction, row: ErasureRow, limit: number): Promise<number> {
  if (row.after === null && row.ignored.length > 0) await ignoreEvents(tx, row.ignored)
  const page = { after: row.after ?? '', limit }
  const ids = await forgetEvents(tx, row.people, new Set(row.forgotten), page)
  row.after = ids.at(-1) ?? page.after
  return ids.length
}

/** Says that it is done, in the transaction in which it is. */
async function finish(tx: Transaction, row: ErasureRow): Promise<number> {
  const actor = actorOf(row)
  const account = await lockedAccount(tx, row)
  if (account !== null) {
    await forgetSalt(tx, account.id)
    const metadata = {
      holds_released: row.holdsReleased,
      balance_given_up: Number(row.balanceGivenUp),
    }
    const subject = accountSubject(account)
    await recordAudit(tx, actor, { event: 'account.erased', subject, metadata })
  }
  if (row.customerId !== null) {
    const metadata = { keys_revoked: row.keysRevoked, licenses_revoked: row.licensesRevoked }
    await recordAudit(tx, actor, { event: 'customer.erased', subject: row.customerId, metadata })
  }
  return 0
}

function subjectsOf({ accountId, customerId }: ErasureRow): string[] {
  return [
    ...(accountId === null ? [] : [accountSubject({ id: accountId })]),
    ...(customerId === null ? [] : [customerId]),
  ]
}

function actorOf({ actor, ip }: ErasureRow): Actor {
  return { id: actor, ip }
}

/** For Stripe's late news, which is booked under the pseudonym, the ledger's batches lock it too. */
export async function lockedAccount(
  tx: Transaction,
  { accountId }: ErasureRow,
): Promise<Account | null> {
  if (accountId === null) return null
  const [row] = await tx.select().from(accounts).where(eq(accounts.id, accountId)).for('update')
  return row === undefined ? null : { ...row, userId: row.userId ?? '' }
}
