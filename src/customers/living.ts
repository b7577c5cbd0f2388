import { type SQL, and, eq, isNotNull, isNull } from 'drizzle-orm'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { customers } from './tables.ts'

export const isLiving = isNull(customers.erasedAt)

/** The condition that a customer exists and is not erased. */
export function livingCustomer(id: string): SQL | undefined {
  return and(eq(customers.id, id), isLiving)
}

export async function isErased(db: Pick<Database, 'select'>, id: string): Promise<boolean> {
  const found = await db
    .select({ id: customers.id })
    .from(customers)
    .where(and(eq(customers.id, id), isNotNull(customers.erasedAt)))
  return found.length > 0
}

/**
 * Comes first in every change of what belongs to a customer, and before every record about it. An
 * erasure locks the customer before all else, so it waits for what is recorded here.
 * @returns whether the customer exists. If not, record nothing: an erasure has begun, and may already
 * have passed the place of the record.
 */
export async function lockCustomer(tx: Transaction, id: string): Promise<boolean> {
  const found = await tx
    .select({ id: customers.id })
    .from(customers)
    .where(livingCustomer(id))
    .for('key share')
  return found.length > 0
}

/**
 * In a transaction, an erasure of the customer waits until the end.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function requireCustomer(db: Pick<Database, 'select'>, id: string) {
  const [found] = await db
    .select({ id: customers.id, status: customers.status })
    .from(customers)
    .where(livingCustomer(id))
    .for('key share')
  if (found === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
  return found
}
