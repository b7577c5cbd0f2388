import { type SQL, and, asc, desc, eq, inArray, isNull, lt, or } from 'drizzle-orm'
import { hashApiKey } from '../customers/api-keys/hashing.ts'
import type { Peppers } from '../customers/api-keys/peppers.ts'
import { endOf } from '../customers/api-keys/service.ts'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Identity } from '../auth/identity.ts'
import { withRepeat } from '../http/outcomes/attempt.ts'
import type { PageRequest } from '../http/pagination.ts'
import type { Database, Transaction } from '../database/index.ts'
import { Refusal } from '../refusals/index.ts'
import { newToken } from './format.ts'
import { type Rights, permissionsOf, requireMayMake } from './rights.ts'
import { tokenSums, tokens } from './tables.ts'

export type TokenRow = typeof tokens.$inferSelect

/** What a change of tokens requires. */
export interface Means {
  db: Database
  peppers: Peppers
  actor: Actor
  /** The token of the caller; null for commands on the server. */
  maker: Identity | null
}

export interface Issued {
  /** The secret, which is shown once. */
  token: string
  row: TokenRow
}

/**
 * Issues a token.
 * @throws Refusal `PERMISSION_DENIED` for one that may do more than its maker
 */
export async function issueToken(means: Means, wanted: Rights & { name: string }): Promise<Issued> {
  requireMayMake(means.maker, wanted)
  const draft = await draftToken(means.peppers, wanted, null)
  return committed(means, draft, async (tx) => {
    await requireLivingMaker(tx, means.maker, wanted)
    return insertToken(tx, means.actor, draft)
  })
}

/** Newest first, also those that have ended; with one extra row if there are more. */
export function listTokens(db: Database, { limit, before }: PageRequest): Promise<TokenRow[]> {
  return db
    .select()
    .from(tokens)
    .where(before === null ? undefined : lt(tokens.seq, before))
    .orderBy(desc(tokens.seq))
    .limit(limit + 1)
}

/**
 * Replaces a token with one that has a new id and secret and is otherwise the same.
 * @param overlapMs how long the old token still works
 * @throws Refusal `TOKEN_NOT_FOUND`, `TOKEN_REVOKED`, or `PERMISSION_DENIED` for one that may do more
 */
export async function rotateToken(
  means: Means,
  tokenId: string,
  overlapMs: number,
): Promise<Issued> {
  const { db, actor, maker } = means
  const [before] = await db.select().from(tokens).where(eq(tokens.id, tokenId))
  if (before === undefined) throw new Refusal('TOKEN_NOT_FOUND')
  if (maker?.tokenId !== tokenId) requireMayMake(maker, before)
  const draft = await draftToken(means.peppers, before, before.lineage)
  return committed(means, draft, async (tx) => {
    const isOwn = maker?.tokenId === tokenId
    // Locked together with its maker, so that two that rotate each other never deadlock.
    const ids = [tokenId, ...(maker?.isStored === true ? [maker.tokenId] : [])]
    const locked = await lockTokens(tx, inArray(tokens.id, ids))
    const old = tokenIn(locked, tokenId)
    if (!isOwn) requireLiving(maker, locked, before)
    const now = new Date()
    const end = endOf(old)
    if (old.revokedAt !== null || (end !== null && end <= now)) throw new Refusal('TOKEN_REVOKED')
    // It has been replaced: with another replacement, it would outlast the end that it was given.
    if (isOwn && old.retiresAt !== null) throw new Refusal('TOKEN_REVOKED')
    const overlapEnd = new Date(now.getTime() + overlapMs)
    const retiresAt = end !== null && end < overlapEnd ? end : overlapEnd
    await tx
      .update(tokens)
      .set(overlapMs === 0 ? { revokedAt: now } : { retiresAt })
      .where(eq(tokens.id, tokenId))
    const row = await insertToken(tx, actor, draft)
    await recordAudit(tx, actor, {
      event: 'token.rotated',
      subject: tokenId,
      metadata: { new_token_id: row.id, overlap_seconds: overlapMs / 1_000 },
    })
    return row
  })
}

/**
 * Revokes a token at once; revoking it again changes nothing.
 * @param keepsOwner whether the last owner must stay, because nothing else opens the admin scope
 * @throws Refusal `TOKEN_NOT_FOUND`, `LAST_OWNER`
 */
export async function revokeToken(
  { db, actor }: Pick<Means, 'db' | 'actor'>,
  tokenId: string,
  keepsOwner: boolean,
): Promise<TokenRow> {
  return db.transaction(async (tx) => {
    const own = eq(tokens.id, tokenId)
    const row = tokenIn(await lockTokens(tx, keepsOwner ? or(own, isLastingOwner) : own), tokenId)
    if (row.revokedAt !== null) return row
    if (keepsOwner) {
      const owners = await tx.select({ id: tokens.id }).from(tokens).where(isLastingOwner)
      if (owners.length === 1 && owners[0]?.id === tokenId) throw new Refusal('LAST_OWNER')
    }
    const revokedAt = new Date()
    await tx.update(tokens).set({ revokedAt }).where(own)
    await recordAudit(tx, actor, { event: 'token.revoked', subject: tokenId })
    return { ...row, revokedAt }
  })
}

/**
 * An owner's token that works at all times and from all addresses; with it, ADMIN_API_TOKEN may be
 * unset.
 */
const isLastingOwner = and(
  eq(tokens.role, 'owner'),
  isNull(tokens.revokedAt),
  isNull(tokens.expiresAt),
  isNull(tokens.retiresAt),
  isNull(tokens.allowedIps),
) as SQL

interface Draft {
  token: string
  row: typeof tokens.$inferInsert
}

/** Called before a transaction begins, because hashing takes long and row locks should not. */
async function draftToken(
  peppers: Peppers,
  wanted: Rights & { name: string },
  lineage: string | null,
): Promise<Draft> {
  const { name, scope, role, permissions, expiresAt, allowedIps } = wanted
  const { token, tokenId } = newToken(scope)
  const row = {
    id: tokenId,
    lineage: lineage ?? tokenId,
    name,
    scope,
    role,
    permissions: permissions === null ? null : [...permissions],
    allowedIps: allowedIps === null ? null : [...allowedIps],
    amountMax: wanted.amountMax,
    dailyAmountMax: wanted.dailyAmountMax,
    expiresAt,
    hash: await hashApiKey(token),
    ...peppers.digest(token),
  }
  return { token, row }
}

async function committed(
  { db }: Means,
  draft: Draft,
  work: (tx: Transaction) => Promise<TokenRow>,
): Promise<Issued> {
  const row = await db.transaction(work).catch((error: unknown) => {
    throw withRepeat(error, { token_id: draft.row.id })
  })
  return { token: draft.token, row }
}

async function insertToken(tx: Transaction, actor: Actor, draft: Draft): Promise<TokenRow> {
  const [row] = await tx.insert(tokens).values(draft.row).returning()
  if (row === undefined) throw new Error('The token was not inserted')
  if (row.dailyAmountMax !== null) {
    const day = new Date().toISOString().slice(0, 10)
    const none = { lineage: row.lineage, day, amount: 0n }
    await tx.insert(tokenSums).values(none).onConflictDoNothing()
  }
  await recordAudit(tx, actor, {
    event: 'token.created',
    subject: row.id,
    metadata: {
      scope: row.scope,
      role: row.role,
      permissions: permissionsOf(row),
      expires_at: row.expiresAt?.toISOString() ?? null,
      has_allowed_ips: row.allowedIps !== null,
      amount_max: numberOf(row.amountMax),
      daily_amount_max: numberOf(row.dailyAmountMax),
    },
  })
  return row
}

/**
 * A token that is being revoked or rotated can't make another one meanwhile: either that waits for the end
 * of this transaction, or the maker is refused here.
 */
async function requireLivingMaker(
  tx: Transaction,
  maker: Identity | null,
  wanted: Rights,
): Promise<void> {
  if (maker === null || !maker.isStored) return
  const rows = await tx.select().from(tokens).where(eq(tokens.id, maker.tokenId)).for('share')
  requireLiving(maker, rows, wanted)
}

/** @param locked rows, among them that of the maker */
function requireLiving(maker: Identity | null, locked: readonly TokenRow[], wanted: Rights): void {
  if (maker === null || !maker.isStored) return
  const row = locked.find(({ id }) => id === maker.tokenId)
  if (row === undefined || row.revokedAt !== null) throw new Refusal('UNAUTHORIZED')
  requireMayMake({ ...maker, endsAt: endOf(row) }, wanted)
}

/**
 * Locks rows until the end of the transaction. Whoever needs several locks them in one statement, in
 * the order of their ids, so that no two transactions deadlock.
 */
function lockTokens(tx: Transaction, rows: SQL | undefined): Promise<TokenRow[]> {
  return tx.select().from(tokens).where(rows).orderBy(asc(tokens.id)).for('update')
}

/** @throws Refusal `TOKEN_NOT_FOUND` */
function tokenIn(rows: readonly TokenRow[], tokenId: string): TokenRow {
  const row = rows.find(({ id }) => id === tokenId)
  if (row === undefined) throw new Refusal('TOKEN_NOT_FOUND')
  return row
}

export function numberOf(amount: bigint | null): number | null {
  return amount === null ? null : Number(amount)
}
