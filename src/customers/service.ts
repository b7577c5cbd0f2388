import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { type Means, draftKey, insertKey } from './api-keys/service.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import { randomBase62 } from '../encoding/ids.ts'
import { withRepeat } from '../http/outcomes/attempt.ts'
import type { PageRequest } from '../http/pagination.ts'
import { unknownPlan } from '../plans/service.ts'
import { violates } from '../database/faults.ts'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal, type Repeat } from '../refusals/index.ts'
import { isLiving, livingCustomer } from './living.ts'
import { presentCustomer } from './present.ts'
import type { PresentedCustomer } from './schemas.ts'
import { customers } from './tables.ts'

export type CustomerRow = typeof customers.$inferSelect

export interface CustomerDraft {
  email: string
  companyName: string | null
  plan: string | null
  metadata: Record<string, unknown>
}

/** What makes a call happen once; it counts for all that create customers, until the erasure. */
export interface Once {
  key: string
  fingerprint: Buffer
}

export interface CreatedCustomer {
  /** As it was right after its creation. */
  customer: PresentedCustomer
  /** Shown this once; null for a repetition. */
  apiKey: string | null
}

/**
 * Creates a customer with a first API key: both and their audit records, or nothing.
 * @param once a repetition gets what the first call was answered, but for the API key
 * @throws Refusal `VALIDATION_FAILED` for a plan that does not exist, or `IDEMPOTENCY_KEY_REUSED`
 */
export async function createCustomer(
  { db, peppers }: Means,
  actor: Actor,
  draft: CustomerDraft,
  once: Once | null,
): Promise<CreatedCustomer> {
  const before = once === null ? null : await createdBefore(db, once)
  if (before !== null) return before
  const id = `cust_${randomBase62(16)}`
  const key = await draftKey(peppers, id)
  try {
    const customer = await db.transaction(async (tx) => {
      const created = await insertCustomer(tx, id, draft, once)
      const metadata = { plan: created.plan }
      await recordAudit(tx, actor, { event: 'customer.created', subject: id, metadata })
      await insertKey(tx, actor, key)
      return created
    })
    return { customer, apiKey: key.apiKey }
  } catch (error) {
    if (once === null || !violates(error, 'customers_idempotency_key')) {
      // Under its own key the caller can repeat it.
      throw withRepeat(planFault(error), repeatOf(once, key.row.id))
    }
    // The insertion has waited for the other one's commit.
    const other = await createdBefore(db, once)
    if (other === null) throw error
    return other
  }
}

/** Under its own key a call can be repeated; without one it may have issued an API key, to be revoked. */
function repeatOf(once: Once | null, keyId: string): Repeat {
  return once === null ? { key_id: keyId } : { idempotency_key: once.key }
}

async function insertCustomer(
  tx: Transaction,
  id: string,
  draft: CustomerDraft,
  once: Once | null,
): Promise<PresentedCustomer> {
  const idempotent = { idempotencyKey: once?.key, idempotencyFingerprint: once?.fingerprint }
  const [row] = await tx
    .insert(customers)
    .values({ id, ...draft, ...idempotent })
    .returning()
  if (row === undefined) throw new Error('The customer was not inserted')
  const idempotencyAnswer = presentCustomer(row)
  if (once !== null) {
    await tx.update(customers).set({ idempotencyAnswer }).where(eq(customers.id, id))
  }
  return idempotencyAnswer
}

/** @throws Refusal `IDEMPOTENCY_KEY_REUSED` */
async function createdBefore(db: Database, once: Once): Promise<CreatedCustomer | null> {
  const [found] = await db
    .select({ fingerprint: customers.idempotencyFingerprint, answer: customers.idempotencyAnswer })
    .from(customers)
    .where(eq(customers.idempotencyKey, once.key))
  if (found === undefined) return null
  if (found.answer === null || found.fingerprint?.equals(once.fingerprint) !== true) {
    throw new Refusal('IDEMPOTENCY_KEY_REUSED')
  }
  return { customer: found.answer, apiKey: null }
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
