import type { Readable } from 'node:stream'
import { and, asc, eq, gt } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import {
  accountSubject,
  type AccountRow,
  getAccount,
  keepAccount,
  systemAccountNames,
} from './accounts.ts'
import { transfersOf } from './finding/statement.ts'
import { standingOf } from './grants/standing.ts'
import { rolled } from './budgets/budget.ts'
import { presentBudget } from './budgets/present.ts'
import { budgets } from './budgets/tables.ts'
import { holdId } from './ids.ts'
import { presentGrant, presentTransfer } from './present.ts'
import { lapsedOf, openGrantsOf } from './standing.ts'
import { grants } from './grants/tables.ts'
import { accounts, holds } from './tables.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type Pages, jsonDocument, pages } from '../privacy/document.ts'
import { peopleOfAccount } from './people.ts'
import type { Personal } from '../privacy/personal.ts'

const PAGE = 1_000

/**
 * Everything that is stored about a user, read while it is sent. The audit record is written first,
 * because no data may leave without it.
 * @throws Refusal `ACCOUNT_NOT_FOUND`
 */
export async function exportAccount(
  db: Database,
  personal: Personal,
  actor: Actor,
  userId: string,
): Promise<Readable> {
  const held = await db.transaction(async (tx) => {
    // An erasure that has begun may already have passed the place of this record.
    const account = await keepAccount(tx, userId)
    await recordAudit(tx, actor, { event: 'customer.exported', subject: accountSubject(account) })
    return heldOf(tx, personal, account)
  })
  // If the account is erased meanwhile, the document would be incomplete without saying so.
  return jsonDocument(
    await accountParts(db, personal, held),
    async () => void (await getAccount(db, userId)),
  )
}

/** An account, with what its export needs. */
export interface HeldAccount {
  account: AccountRow
  people: readonly string[]
  whom: { customerId: null; accountId: bigint; userId: string }
}

async function heldOf(
  tx: Transaction,
  personal: Personal,
  account: AccountRow,
): Promise<HeldAccount> {
  const whom = { customerId: null, accountId: account.id, userId: account.userId ?? '' } as const
  const { people } = await peopleOfAccount(tx, personal, whom)
  return { account, people, whom }
}

/** The account that belongs to a customer because it has paid for the customer's usage; or null. */
export async function accountOfCustomer(
  tx: Transaction,
  personal: Personal,
  customerId: string,
): Promise<HeldAccount | null> {
  const [account] = await tx.select().from(accounts).where(eq(accounts.userId, customerId))
  if (account === undefined || !(await personal.isPart(tx, account.id))) return null
  return heldOf(tx, personal, account)
}

/** All that is stored about an account, as the parts of a document. */
export async function accountParts(
  db: Database,
  personal: Personal,
  { account, people, whom }: HeldAccount,
) {
  const { id } = account
  const { userId } = whom
  return {
    exported_at: new Date().toISOString(),
    account: presentRow(account, userId, await standing(db, account)),
    transfers: exportedTransfers(db, id, userId),
    holds: exportedHolds(db, id),
    grants: exportedGrants(db, id, userId),
    budgets: exportedBudgets(db, account, userId),
    ...Object.fromEntries(
      personal.exportsOf('account').map((part) => [part.name, part.read(db, whom, people)]),
    ),
  }
}

async function standing(db: Database, account: AccountRow) {
  const now = new Date()
  const lapsed = await lapsedOf(db, account, now)
  const position = { ...account, lapsed }
  const { balance } = standingOf(position, await openGrantsOf(db, account, now), now)
  return { balance, held: account.held - lapsed }
}

function presentRow(
  row: AccountRow,
  userId: string,
  { balance, held }: Pick<AccountRow, 'balance' | 'held'>,
) {
  return {
    user_id: userId,
    asset: row.asset,
    tier: row.tier,
    status: row.status,
    balance: Number(balance),
    held: Number(held),
    credit_limit: Number(row.creditLimit),
    low_balance_at: row.lowBalanceAt === null ? null : Number(row.lowBalanceAt),
    flags: row.chargedBack ? ['charged_back'] : [],
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

/** Includes the callers' addresses, which the list of transfers does not show. */
async function* exportedTransfers(db: Database, accountId: bigint, userId: string): Pages {
  for await (const rows of transfersOf(db, { accountId, after: 0n, last: null })) {
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

function exportedGrants(db: Database, accountId: bigint, userId: string): Pages {
  return pages(
    (after?: typeof grants.$inferSelect) =>
      db
        .select()
        .from(grants)
        .where(and(eq(grants.accountId, accountId), after && gt(grants.seq, after.seq)))
        .orderBy(asc(grants.seq))
        .limit(PAGE),
    (row) => presentGrant(row, userId, new Date()),
  )
}

/** All at once: an account has few. What is used includes holds that have ended in time alone. */
async function* exportedBudgets(db: Database, { id, seq }: AccountRow, userId: string): Pages {
  const rows = await db.select().from(budgets).where(eq(budgets.accountId, id)).orderBy(budgets.id)
  const now = new Date()
  yield rows.map((row) =>
    presentBudget(rolled({ ...row, lapsed: 0n }, now, seq), userId, row.madeInPortal === true),
  )
}
