import { and, desc, eq, getTableColumns, lt } from 'drizzle-orm'
import { type Actor, recordAudit } from '../../audit/record.ts'
import { isLiving, lockCustomer, requireCustomer } from '../living.ts'
import { withRepeat } from '../../http/outcomes/attempt.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { TIME_MS_MAX } from '../../http/schemas.ts'
import type { Database, Transaction } from '../../database/index.ts'
import { Refusal } from '../../refusals/index.ts'
import { newApiKey } from './format.ts'
import { hashApiKey } from './hashing.ts'
import type { Peppers } from './peppers.ts'
import { customers } from '../tables.ts'
import { apiKeys } from './tables.ts'

export type KeyRow = typeof apiKeys.$inferSelect

/**
 * When a key stops working by itself: at its expiry or the end of its overlap, whichever is sooner.
 */
export function endOf(row: Pick<KeyRow, 'expiresAt' | 'retiresAt'>): Date | null {
  const { expiresAt, retiresAt } = row
  if (expiresAt === null || retiresAt === null) return expiresAt ?? retiresAt
  return expiresAt < retiresAt ? expiresAt : retiresAt
}

/** What issuing a key requires. */
export interface Means {
  db: Database
  peppers: Peppers
}

interface DraftKey {
  /** The secret, which is shown once. */
  apiKey: string
  row: typeof apiKeys.$inferInsert
}

/** Called before a transaction begins, because hashing takes long and row locks should not. */
export async function draftKey(
  peppers: Peppers,
  customerId: string,
  options: Partial<Pick<KeyRow, 'name' | 'expiresAt' | 'scopes' | 'allowedIps'>> = {},
): Promise<DraftKey> {
  const { apiKey, keyId } = newApiKey(customerId)
  const { name = null, expiresAt = null, scopes = null, allowedIps = null } = options
  const hash = await hashApiKey(apiKey)
  return {
    apiKey,
    row: {
      id: keyId,
      customerId,
      name,
      expiresAt,
      scopes,
      allowedIps,
      hash,
      ...peppers.digest(apiKey),
    },
  }
}

/**
 * Stores a drafted key together with its audit record.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function insertKey(tx: Transaction, actor: Actor, draft: DraftKey): Promise<KeyRow> {
  await requireCustomer(tx, draft.row.customerId)
  const [row] = await tx.insert(apiKeys).values(draft.row).returning()
  if (row === undefined) throw new Error('The key was not inserted')
  await recordAudit(tx, actor, {
    event: 'api_key.created',
    subject: row.customerId,
    metadata: { key_id: row.id },
  })
  return row
}

/**
 * Issues a further key.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function issueKey(
  { db, peppers }: Means,
  actor: Actor,
  customerId: string,
  options: Partial<Pick<KeyRow, 'name' | 'expiresAt' | 'scopes' | 'allowedIps'>>,
): Promise<{ apiKey: string; row: KeyRow }> {
  await requireCustomer(db, customerId)
  const draft = await draftKey(peppers, customerId, options)
  const row = await db
    .transaction((tx) => insertKey(tx, actor, draft))
    .catch((error: unknown) => {
      throw withRepeat(error, { key_id: draft.row.id })
    })
  return { apiKey: draft.apiKey, row }
}

/** @throws Refusal `CUSTOMER_NOT_FOUND` */
export async function listKeys(
  db: Database,
  customerId: string,
  page: PageRequest,
): Promise<KeyRow[]> {
  await requireCustomer(db, customerId)
  const before = page.before === null ? undefined : lt(apiKeys.seq, page.before)
  return db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.customerId, customerId), before))
    .orderBy(desc(apiKeys.seq))
    .limit(page.limit + 1)
}

/**
 * Replaces a key. The old key works for `overlapMs` longer, but never longer than it would have. The
 * new key keeps its name, scopes and addresses, and the duration for which the old one was issued.
 * @throws Refusal `API_KEY_NOT_FOUND`, or `API_KEY_REVOKED` for a key that no longer works
 */
export async function rotateKey(
  { db, peppers }: Means,
  actor: Actor,
  key: KeyPlace,
  overlapMs: number,
): Promise<{ apiKey: string; row: KeyRow }> {
  const old = await findKey(db, key)
  const lifetimeMs = old.expiresAt && old.expiresAt.getTime() - old.createdAt.getTime()
  const expiresAt =
    lifetimeMs === null ? null : new Date(Math.min(Date.now() + lifetimeMs, TIME_MS_MAX))
  const { name, scopes, allowedIps } = old
  const draft = await draftKey(peppers, key.customerId, { name, scopes, allowedIps, expiresAt })
  const rotation = db.transaction(async (tx) => {
    const locked = await lockKey(tx, key)
    const now = new Date()
    const end = endOf(locked)
    if (locked.revokedAt !== null || (end !== null && end <= now)) {
      throw new Refusal('API_KEY_REVOKED')
    }
    const overlapEnd = new Date(now.getTime() + overlapMs)
    const retiresAt = end !== null && end < overlapEnd ? end : overlapEnd
    await tx
      .update(apiKeys)
      .set(overlapMs === 0 ? { revokedAt: now } : { retiresAt })
      .where(eq(apiKeys.id, key.keyId))
    const row = await insertKey(tx, actor, draft)
    await recordAudit(tx, actor, {
      event: 'api_key.rotated',
      subject: key.customerId,
      metadata: { key_id: key.keyId, new_key_id: row.id, overlap_seconds: overlapMs / 1_000 },
    })
    return { apiKey: draft.apiKey, row }
  })
  return rotation.catch((error: unknown) => {
    throw withRepeat(error, { key_id: draft.row.id })
  })
}

/**
 * Revokes a key at once; revoking it again changes nothing.
 * @throws Refusal `API_KEY_NOT_FOUND`
 */
export async function revokeKey(db: Database, actor: Actor, key: KeyPlace): Promise<void> {
  await db.transaction(async (tx) => {
    const row = await lockKey(tx, key)
    if (row.revokedAt !== null) return
    await tx.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.id, key.keyId))
    await recordAudit(tx, actor, {
      event: 'api_key.revoked',
      subject: key.customerId,
      metadata: { key_id: key.keyId },
    })
  })
}

export interface KeyPlace {
  customerId: string
  keyId: string
}

const isAt = ({ customerId, keyId }: KeyPlace) =>
  and(eq(apiKeys.id, keyId), eq(apiKeys.customerId, customerId))

/** @throws Refusal `API_KEY_NOT_FOUND`, also for a key of an erased customer */
export async function findKey(db: Database, place: KeyPlace): Promise<KeyRow> {
  const [row] = await db
    .select(getTableColumns(apiKeys))
    .from(apiKeys)
    .innerJoin(customers, and(eq(customers.id, apiKeys.customerId), isLiving))
    .where(isAt(place))
  if (row === undefined) throw new Refusal('API_KEY_NOT_FOUND')
  return row
}

/** Locks the key's customer, and then the key, until the end of the transaction. */
async function lockKey(tx: Transaction, place: KeyPlace): Promise<KeyRow> {
  const isThere = await lockCustomer(tx, place.customerId)
  const [row] = await tx.select().from(apiKeys).where(isAt(place)).for('update')
  if (!isThere || row === undefined) throw new Refusal('API_KEY_NOT_FOUND')
  return row
}
