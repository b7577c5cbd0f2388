import { eq } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { erasures } from './tables.ts'

/**
 * Whether a user's account is being erased: it is closed and renamed, and the rest is not yet
 * deleted.
 */
export async function isUserErasing(
  db: Pick<Database, 'select'>,
  userId: string,
): Promise<boolean> {
  const found = await db
    .select({ id: erasures.id })
    .from(erasures)
    .where(eq(erasures.userId, userId))
  return found.length > 0
}

export async function isCustomerErasing(
  db: Pick<Database, 'select'>,
  customerId: string,
): Promise<boolean> {
  const found = await db
    .select({ id: erasures.id })
    .from(erasures)
    .where(eq(erasures.customerId, customerId))
  return found.length > 0
}
