import { and, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { Refusal } from '../../refusals/index.ts'
import { WALK_MAX } from '../finding/places.ts'
import type { Place } from '../operations.ts'
import { accounts } from '../tables.ts'
import type { GrantFacts } from './grant.ts'
import { grants } from './tables.ts'

/** The time by which it is told what has expired: that of the statement that reads. */
const NOW = sql<Date>`now()`.mapWith(grants.createdAt)

/** What a grant is now, whether its end has been written or not. */
const STATUS = sql`case when ${grants.status} = 'active' and ${grants.expiresAt} <= now()
  then 'expired' else ${grants.status} end`

/**
 * A page of an account's grants, newest first. No index knows the current status of grants. If a
 * status is asked for, only a limited number of grants is looked at, so the page may be short.
 * @returns the grants, and the number before which the next page begins; null on the last page
 */
export async function listGrants(
  db: Database,
  { id, grantCount }: Pick<typeof accounts.$inferSelect, 'id' | 'grantCount'>,
  page: PageRequest,
  status: GrantFacts['status'] | undefined,
): Promise<{ grants: GrantFacts[]; next: bigint | null; now: Date }> {
  const before = page.before ?? grantCount + 1n
  // Grants are numbered without gaps, so the numbers bound how many are looked at.
  const floor = status === undefined ? 1n : before - BigInt(WALK_MAX)
  const rows = await db
    .select({ grant: grants, now: NOW })
    .from(grants)
    .where(
      and(
        eq(grants.accountId, id),
        lt(grants.seq, before),
        gte(grants.seq, floor),
        status === undefined ? undefined : sql`${STATUS} = ${status}`,
      ),
    )
    .orderBy(desc(grants.seq))
    .limit(page.limit + 1)
  const shown = rows.slice(0, page.limit).map(({ grant }) => grant)
  const looked = floor > 1n ? floor : null
  const next = rows.length > page.limit ? (shown.at(-1)?.seq ?? null) : looked
  return { grants: shown, next, now: rows[0]?.now ?? new Date() }
}

/** @throws Refusal `GRANT_NOT_FOUND`, also for one of a closed account */
export async function getGrant(
  db: Database,
  { accountId, seq }: Place,
): Promise<{ grant: GrantFacts; userId: string; now: Date }> {
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
