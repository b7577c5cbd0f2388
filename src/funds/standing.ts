import { and, eq, lte, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import type { Grant } from './grants/grant.ts'
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
  account: Pick<typeof accounts.$inferSelect, 'id' | 'granted'>,
): Promise<Grant[]> {
  if (account.granted === 0n) return []
  return db
    .select()
    .from(grants)
    .where(and(eq(grants.accountId, account.id), eq(grants.isOpen, true)))
}
