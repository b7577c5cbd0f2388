import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { draftKey, insertKey } from '../api-keys/service.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { randomBase62 } from '../ids.ts'
import { withRepeat } from '../outcomes/attempt.ts'
import type { PageRequest } from '../pagination.ts'
import { unknownPlan } from '../plans/service.ts'
import { violates } from '../plugins/database/faults.ts'
import type { Database } from '../plugins/database/index.ts'
import { Refusal } from '../refusals.ts'
import { isLiving, livingCustomer } from './living.ts'
import { customers } from './tables.ts'

export type CustomerRow = typeof customers.$inferSelect

export interface CustomerDraft {
  email: string
  companyName: string | null
  plan: string | null
  metadata: Record<string, unknown>
}

/**
 * Creates a customer with a first API key: both and their audit records, or nothing.
 * @throws Refusal `VALIDATION_FAILED` for a plan that does not exist
 */
export async function createCustomer(
  db: Database,
  actor: Actor,
  draft: CustomerDraft,
): Promise<{ customer: CustomerRow; apiKey: string }> {
  const id = `cust_${randomBase62(16)}`
  const key = await draftKey(id)
  const customer = await db
    .transaction(async (tx) => {
      const [row] = await tx
        .insert(customers)
        .values({ id, ...draft })
        .returning()
      if (row === undefined) throw new Error('The customer was not inserted')
      const metadata = { plan: row.plan }
      await recordAudit(tx, actor, { event: 'customer.created', subject: id, metadata })
      await insertKey(tx, actor, key)
      return row
    })
    .catch((error: unknown) => {
      throw withRepeat(planFault(error), { key_id: key.row.id })
    })
  return { customer, apiKey: key.apiKey }
}

export function listCustomers(
  db: Database,
  filter: { email: string | undefined; status: CustomerRow['status'] | undefined },
  page: PageRequest,
): Promise<CustomerRow[]> {
  const { email, status } = filter
  return db
    .select()
    .from(customers)
    .where(
      and(
        isLiving,
        email === undefined ? undefined : eq(sql`lower(${customers.email})`, sql`lower(${email})`),
        status === undefined ? undefined : eq(customers.status, status),
        page.before === null ? undefined : lt(customers.seq, page.before),
      ),
    )
    .orderBy(desc(customers.seq))
    .limit(page.limit + 1)
}

/** @throws Refusal `CUSTOMER_NOT_FOUND` */
export async function getCustomer(db: Pick<Database, 'select'>, id: string): Promise<CustomerRow> {
  const [row] = await db.select().from(customers).where(livingCustomer(id))
  if (row === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
  return row
}

/**
 * Changes the fields that are given. The audit record names them; plan and status with their values.
 * @throws Refusal `CUSTOMER_NOT_FOUND`, or `VALIDATION_FAILED` for a plan that does not exist
 */
export function updateCustomer(
  db: Database,
  actor: Actor,
  id: string,
  changes: Partial<CustomerDraft & Pick<CustomerRow, 'status'>>,
): Promise<CustomerRow> {
  return db
    .transaction(async (tx) => {
      const [row] = await tx
        .update(customers)
        .set({ ...changes, updatedAt: sql`now()` })
        .where(livingCustomer(id))
        .returning()
      if (row === undefined) throw new Refusal('CUSTOMER_NOT_FOUND')
      const { plan, status } = changes
      const metadata = { changed: Object.keys(changes), plan, status }
      await recordAudit(tx, actor, { event: 'customer.updated', subject: id, metadata })
      return row
    })
    .catch((error: unknown) => {
      throw planFault(error)
    })
}

function planFault(error: unknown): unknown {
  return violates(error, 'customers_plan_plans_id_fk') ? unknownPlan() : error
}
