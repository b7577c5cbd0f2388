import type { Readable } from 'node:stream'
import { and, asc, eq, gt } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import {
  accountSubject,
  type AccountRow,
  getAccount,
  lapsedOf,
  systemAccountNames,
  type TransferRow,
} from '../funds/accounts.ts'
import { holdId, presentTransfer, transferId } from '../funds/present.ts'
import { accounts, holds, transfers } from '../funds/tables.ts'
import { stripePayments } from '../payments/tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type Pages, jsonDocument, pages } from './document.ts'
import { exportedAudit, exportedEvents } from './export-parts.ts'
import { peopleOfAccount } from './people.ts'

const PAGE = 1_000

/**
 * Everything that is held on a user, as it is read while it is sent. The audit record comes first:
 * nothing is given away without it.
 * @throws Refusal `ACCOUNT_NOT_FOUND`
 */
export async function exportAccount(db: Database, actor: Actor, userId: string): Promise<Readable> {
  const { account, people } = await db.transaction(async (tx) => {
    // An erasure that has begun may have forgotten already what it would find of the record.
    await lockLiving(tx, userId)
    const found = await getAccount(tx, userId)
    await recordAudit(tx, actor, { event: 'customer.exported', subject: accountSubject(found) })
    return { account: found, people: await peopleOfAccount(tx, { ...found, userId }) }
  })
  const { id } = account
  const parts = {
    exported_at: new Date().toISOString(),
    account: presentRow(account, userId, await lapsedOf(db, account)),
    transfers: exportedTransfers(db, id, userId),
    holds: exportedHolds(db, id),
    stripe_payments: exportedPayments(db, id),
    stripe_events: exportedEvents(db, people),
    audit_records: exportedAudit(db, accountSubject(account)),
  }
  // One that is erased meanwhile would seem to have had less.
  return jsonDocument(parts, async () => void (await getAccount(db, userId)))
}

/** Until the commit, an erasure waits to rename the account; after one has, there is none. */
async function lockLiving(tx: Transaction, userId: string): Promise<void> {
  await tx
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.userId, userId))
    .for('key share')
}

function presentRow(row: AccountRow, userId: string, lapsed: bigint) {
  return {
    user_id: userId,
    asset: row.asset,
    tier: row.tier,
    status: row.status,
    balance: Number(row.balance),
    held: Number(row.held - lapsed),
    credit_limit: Number(row.creditLimit),
    low_balance_at: row.lowBalanceAt === null ? null : Number(row.lowBalanceAt),
    flags: row.chargedBack ? ['charged_back'] : [],
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

/** With the address of whoever asked for each, which the list of transfers does not show. */
async function* exportedTransfers(db: Database, accountId: bigint, userId: string): Pages {
  const read = (after?: TransferRow) =>
    db
      .select()
      .from(transfers)
      .where(and(eq(transfers.accountId, accountId), after && gt(transfers.seq, after.seq)))
      .orderBy(asc(transfers.seq))
      .limit(PAGE)
  for await (const rows of pages(read, (row) => row)) {
    const sides = rows.flatMap((row) => [row.debitAccountId, row.creditAccountId])
    const names = await systemAccountNames(db, sides)
    yield rows.map((row) => ({
      ...presentTransfer(row, userId, names),
      actor: row.actor,
      ip: row.ip,
    }))
  }
}

function exportedHolds(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof holds.$inferSelect) =>
      db
        .select()
        .from(holds)
        .where(and(eq(holds.accountId, accountId), after && gt(holds.seq, after.seq)))
        .orderBy(asc(holds.seq))
        .limit(PAGE),
    (row) => ({
      hold_id: holdId(row),
      amount: Number(row.amount),
      captured: Number(row.captured),
      status: row.status,
      expires_at: row.expiresAt.toISOString(),
      closed_at: row.closedAt?.toISOString() ?? null,
    }),
  )
}

function exportedPayments(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof stripePayments.$inferSelect) =>
      db
        .select()
        .from(stripePayments)
        .where(
          and(eq(stripePayments.accountId, accountId), after && gt(stripePayments.id, after.id)),
        )
        .orderBy(asc(stripePayments.id))
        .limit(PAGE),
    (row) => ({
      payment_intent: row.id,
      transfer_id: row.seq === null ? null : transferId({ accountId, seq: row.seq }),
      currency: row.currency,
      paid: row.paid === null ? null : Number(row.paid),
      refunded: Number(row.refunded),
      lost: Number(row.lost),
      updated_at: row.updatedAt.toISOString(),
    }),
  )
}
