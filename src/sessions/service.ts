import { and, desc, eq, exists, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { PortalRight } from '../auth/sessions.ts'
import type { Database, Transaction } from '../database/index.ts'
import { randomBase62 } from '../encoding/ids.ts'
import { sha256 } from '../encoding/sha256.ts'
import { keepAccount } from '../funds/accounts.ts'
import type { PageRequest } from '../http/pagination.ts'
import { Refusal } from '../refusals/index.ts'
import { tokens } from '../tokens/tables.ts'
import { sessions } from './tables.ts'

export type SessionRow = typeof sessions.$inferSelect

export const CONSOLE_SECONDS_MAX = 12 * 3_600
export const LINK_SECONDS = 5 * 60
export const PORTAL_SECONDS = 30 * 60

/** 43 base62 characters: 256 bits. */
const SECRET = /^[0-9A-Za-z]{43}$/

export interface Begun {
  /** The cookie's value; only its digest is stored. */
  secret: string
  row: SessionRow
}

export function digestOf(secret: string): Buffer | null {
  return SECRET.test(secret) ? sha256(secret) : null
}

function draft(seconds: number, endsAt: Date | null) {
  const secret = randomBase62(43)
  const latest = new Date(Date.now() + seconds * 1_000)
  const expiresAt = endsAt !== null && endsAt < latest ? endsAt : latest
  return { secret, id: `sess_${randomBase62(16)}`, digest: sha256(secret), expiresAt }
}

/**
 * Signs an operator in, for at most 12 h and no longer than the token. The browser's session before
 * this one ends.
 */
export async function beginConsole(
  db: Database,
  actor: Actor,
  token: { tokenId: string; endsAt: Date | null },
  before: Buffer | null,
): Promise<Begun> {
  const { secret, ...values } = draft(CONSOLE_SECONDS_MAX, token.endsAt)
  const row = await db.transaction(async (tx) => {
    if (before !== null) await endSession(tx, actor, 'console', before, 'replaced')
    const made = await insert(tx, { kind: 'console', tokenId: token.tokenId, ...values })
    await recordStart(tx, actor, made)
    return made
  })
  return { secret, row }
}

export interface Invitation {
  tokenId: string
  userId: string
  allow: readonly PortalRight[]
  returnUrl: string | null
}

/**
 * Makes a link to a user's portal, which opens once and within 5 minutes.
 * @throws Refusal `ACCOUNT_NOT_FOUND`
 */
export async function invite(db: Database, invitation: Invitation): Promise<Begun> {
  const { secret, ...values } = draft(LINK_SECONDS, null)
  const { userId, allow, ...rest } = invitation
  const row = await db.transaction(async (tx) => {
    // An erasure of the account ends the sessions that it finds.
    const { id: accountId } = await keepAccount(tx, userId)
    return insert(tx, { kind: 'portal', accountId, allow: [...allow], ...rest, ...values })
  })
  return { secret, row }
}

/**
 * Spends a link, for a session of 30 minutes. Of two calls with one link, one is refused.
 * @throws Refusal `PORTAL_LINK_SPENT`
 */
export async function openPortal(
  db: Database,
  ip: string,
  link: string,
  before: Buffer | null,
): Promise<Begun> {
  const { secret, digest, expiresAt } = draft(PORTAL_SECONDS, null)
  const spent = digestOf(link)
  if (spent === null) throw new Refusal('PORTAL_LINK_SPENT')
  const row = await db.transaction(async (tx) => {
    const [opened] = await tx
      .update(sessions)
      .set({ digest, expiresAt, openedAt: sql`now()` })
      .where(
        and(
          eq(sessions.digest, spent),
          eq(sessions.kind, 'portal'),
          isNull(sessions.openedAt),
          gt(sessions.expiresAt, sql`now()`),
        ),
      )
      .returning()
    if (opened === undefined) throw new Refusal('PORTAL_LINK_SPENT')
    const actor = { id: `portal:${opened.id}`, ip }
    if (before !== null) await endSession(tx, actor, 'portal', before, 'replaced')
    await recordStart(tx, actor, opened)
    return opened
  })
  return { secret, row }
}

export type Ending = 'signed_out' | 'ended' | 'replaced'

/** Ends the session with that secret, if there is one. */
export async function endSession(
  tx: Transaction,
  actor: Actor,
  kind: SessionRow['kind'],
  digest: Buffer,
  reason: Ending,
): Promise<void> {
  const gone = await tx
    .delete(sessions)
    .where(and(eq(sessions.digest, digest), eq(sessions.kind, kind)))
    .returning()
  const [row] = gone
  if (row !== undefined) await recordEnd(tx, actor, row, reason)
}

/**
 * Ends a session of the console by its id.
 * @param tokenId only one of this token; null for any
 * @throws Refusal `SESSION_NOT_FOUND`
 */
export async function endConsoleSession(
  db: Database,
  actor: Actor,
  id: string,
  tokenId: string | null,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx
      .delete(sessions)
      .where(and(eq(sessions.id, id), eq(sessions.kind, 'console'), ofToken(tokenId)))
      .returning()
    if (row === undefined) throw new Refusal('SESSION_NOT_FOUND')
    await recordEnd(tx, actor, row, 'ended')
  })
}

/**
 * Living sessions of the console, newest first, with one extra row if there are more. A session whose
 * token has ended opens nothing any more.
 * @param environment the ids of the environment's tokens, which have no rows
 */
export function listConsoleSessions(
  db: Database,
  environment: readonly string[],
  tokenId: string | null,
  { limit, before }: PageRequest,
): Promise<SessionRow[]> {
  return db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.kind, 'console'),
        gt(sessions.expiresAt, sql`now()`),
        ofToken(tokenId),
        or(inArray(sessions.tokenId, [...environment]), exists(livingToken(db))),
        before === null ? undefined : lt(sessions.seq, before),
      ),
    )
    .orderBy(desc(sessions.seq))
    .limit(limit + 1)
}

function livingToken(db: Database) {
  const ends = sql`least(${tokens.expiresAt}, ${tokens.retiresAt})`
  return db
    .select({ id: tokens.id })
    .from(tokens)
    .where(
      and(
        eq(tokens.id, sessions.tokenId),
        eq(tokens.scope, 'admin'),
        isNull(tokens.revokedAt),
        sql`coalesce(${ends} > now(), true)`,
      ),
    )
}

const ofToken = (tokenId: string | null) =>
  tokenId === null ? undefined : eq(sessions.tokenId, tokenId)

async function insert(tx: Transaction, values: typeof sessions.$inferInsert): Promise<SessionRow> {
  const [row] = await tx.insert(sessions).values(values).returning()
  if (row === undefined) throw new Error('The session was not inserted')
  return row
}

function recordStart(tx: Transaction, actor: Actor, row: SessionRow): Promise<void> {
  return recordAudit(tx, actor, {
    event: 'session.started',
    ...factsOf(row, { allow: row.allow, expires_at: row.expiresAt.toISOString() }),
  })
}

function recordEnd(tx: Transaction, actor: Actor, row: SessionRow, reason: Ending): Promise<void> {
  return recordAudit(tx, actor, { event: 'session.ended', ...factsOf(row, { reason }) })
}

/**
 * The record of a portal session is about the user's account, so that erasing it removes the
 * address too.
 */
function factsOf({ id, kind, tokenId, accountId }: SessionRow, more: Record<string, unknown>) {
  return {
    subject: accountId === null ? id : `acct_${accountId}`,
    metadata: { kind, session_id: id, token_id: tokenId, ...more },
  }
}
