import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { PortalRightName } from './schemas.ts'
import { sessions } from './tables.ts'

const PAGE = 1_000

const Held = Type.Array(
  Type.Object({
    session_id: Type.String({ examples: ['sess_4fGh7KqL9mNp2RsT'] }),
    allow: Type.Array(PortalRightName),
    return_url: nullable(Type.String({ examples: ['https://app.example.com/billing'] })),
    created_at: Timestamp,
    opened_at: nullable({ ...Timestamp, description: 'Null for a link that was not opened.' }),
    expires_at: Timestamp,
  }),
  { description: 'Links to the portal and its sessions. Those that have ended are deleted.' },
)

export const portalSessionExports: readonly ExportPart[] = [
  {
    of: 'account',
    name: 'portal_sessions',
    schema: Held,
    read: (db, { accountId }) => exportedSessions(db, accountId ?? 0n),
  },
]

/** Without the digests, which are of credentials and not of the user. */
function exportedSessions(db: Database, accountId: bigint): Pages {
  return pages(
    (after?: typeof sessions.$inferSelect) =>
      db
        .select()
        .from(sessions)
        .where(and(eq(sessions.accountId, accountId), after && gt(sessions.seq, after.seq)))
        .orderBy(asc(sessions.seq))
        .limit(PAGE),
    (row) => ({
      session_id: row.id,
      allow: row.allow ?? [],
      return_url: row.returnUrl,
      created_at: row.createdAt.toISOString(),
      opened_at: row.openedAt?.toISOString() ?? null,
      expires_at: row.expiresAt.toISOString(),
    }),
  )
}
