import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { Refusal } from '../../refusals/index.ts'
import type { Place } from '../operations.ts'
import { accounts } from '../tables.ts'
import type { Grant } from './grant.ts'
import { grants } from './tables.ts'

/** The time by which it is told what has expired: that of the statement that reads. */
const NOW = sql<Date>`now()`.mapWith(grants.createdAt)

/** What a grant is now, whether its end has been written or not. */
const STATUS = sql`case when ${grants.status} = 'active' and ${grants.expiresAt} <= now()
  then 'expired' else ${grants.status} end`

/** A page of an account's grants, newest first. */
export async function listGrants(
  db: Database,
  accountId: bigint,
  page: PageRequest,
  status: Grant['status'] | undefined,
): Promise<{ grants: Grant[]; now: Date }> {
  const before = page.before === null ? undefined : lt(grants.seq, page.before)
  const rows = await db
    .select({ grant: grants, now: NOW })
    .from(grants)
    .where(
      and(
        eq(grants.accountId, accountId),
        before,
        status === undefined ? undefined : sql`${STATUS} = ${status}`,
      ),
    )
    .orderBy(desc(grants.seq))
    .limit(page.limit + 1)
  return { grants: rows.map(({ grant }) => grant), now: rows[0]?.now ?? new Date() }
}

/** @throws Refusal `GRANT_NOT_FOUND`, also for one of a closed account */
export async function getGrant(
  db: Database,
  { accountId, seq }: Place,
): Promise<{ grant: Grant; userId: string; now: Date }> {
  const [row] = await db
    .select({ grant: grants, userId: accounts.userId, status: accounts.status, now: NOW })
    .from(grants)
    .innerJoin(accounts, eq(accounts.id, grants.accountId))
    .where(and(eq(grants.accountId, accountId), eq(grants.seq, seq)))
  if (row?.userId == null || row.status === 'closed') throw new Refusal('GRANT_NOT_FOUND')
  return { grant: row.grant, userId: row.userId, now: row.now }
}

/**
 * Makes the system account that takes what remains of ended grants, where an asset lacks it: its first account
 * may have been opened by the version before.
 */
export async function openBreakage(db: Database, userId: string): Promise<void> {
  await db.execute(sql`
    insert into accounts (system, asset)
    select 'breakage', asset from accounts a where user_id = ${userId}
      and not exists (select from accounts s where s.system = 'breakage' and s.asset = a.asset)
    on conflict (system, asset) do nothing`)
}
