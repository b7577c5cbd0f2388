import { type SQL, and, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import type { Grant } from './grants/grant.ts'
import { NO_OLDER, type Older } from './grants/older.ts'
import { grants } from './grants/tables.ts'
import { accounts, holds } from './tables.ts'

/** What is held of an account by holds whose time is over, which count no longer. */
export async function lapsedOf(
  db: Pick<Database, 'select'>,
  account: Pick<typeof accounts.$inferSelect, 'id' | 'held'>,
  at?: Date,
): Promise<bigint> {
  if (account.held === 0n) return 0n
  const [row] = await db
    .select({ sum: sql<string>`coalesce(sum(${holds.amount}), 0)` })
    .from(holds)
    .where(
      and(
        eq(holds.accountId, account.id),
        eq(holds.status, 'open'),
        lte(holds.expiresAt, at ?? sql`clock_timestamp()`),
      ),
    )
  return BigInt(row?.sum ?? 0)
}

/** The grants of an account with something left. */
export async function openGrantsOf(
  db: Pick<Database, 'select'>,
  account: Pick<typeof accounts.$inferSelect, 'id' | 'granted' | 'held' | 'updatedAt'>,
  at: Date,
): Promise<Grant[]> {
  if (account.granted === 0n) return []
  const open = await db
    .select()
    .from(grants)
    .where(and(eq(grants.accountId, account.id), eq(grants.isOpen, true)))
  const isKept = account.held > 0n && open.some(({ closedAt }) => closedAt !== null)
  const olders = isKept ? await oldersOf(db, account, at) : new Map<bigint, Older>()
  return open.map((grant) => ({ ...grant, older: olders.get(grant.seq) ?? NO_OLDER }))
}

/** The holds for which the rests of an account's ended grants are kept. */
async function oldersOf(
  db: Pick<Database, 'select'>,
  { id, updatedAt }: Pick<typeof accounts.$inferSelect, 'id' | 'updatedAt'>,
  at: Date,
): Promise<Map<bigint, Older>> {
  const rows = await db
    .select({
      seq: grants.seq,
      open: sumWhere(gt(holds.expiresAt, at)),
      over: sumWhere(and(lte(holds.expiresAt, at), gt(holds.expiresAt, updatedAt))),
    })
    .from(grants)
    .innerJoin(
      holds,
      and(
        eq(holds.accountId, grants.accountId),
        eq(holds.status, 'open'),
        or(isNull(grants.closedSeq), lte(holds.seq, grants.closedSeq)),
      ),
    )
    .where(and(eq(grants.accountId, id), eq(grants.isOpen, true), isNotNull(grants.closedAt)))
    .groupBy(grants.seq)
  return new Map(rows.map(({ seq, open, over }) => [seq, { open, over }]))
}

function sumWhere(counts: SQL | undefined): SQL<bigint> {
  return sql`coalesce(sum(${holds.amount}) filter (where ${counts}), 0)`.mapWith(BigInt)
}
