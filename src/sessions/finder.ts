import type { FastifyRequest } from 'fastify'
import type postgres from 'postgres'
import { type Identity, environmentMatcher } from '../auth/identity.ts'
import { type PortalRight, type PortalVisit, type Sessions, cookieOf } from '../auth/sessions.ts'
import { tokenId } from '../auth/tokens.ts'
import type { TokenScope } from '../auth/permissions.ts'
import { type CredentialState, readTogether } from '../customers/api-keys/states.ts'
import { array } from '../database/arrays.ts'
import { placeOf } from '../funds/ids.ts'
import type { Config, Tokens } from '../process/config.ts'
import type { CookieKind } from './cookies.ts'
import type { Origins } from './origins.ts'
import { digestOf } from './service.ts'

interface Found {
  id: string
  kind: CookieKind
  openedAt: Date | null
  tokenId: string
  expiresAt: Date
  accountId: string | null
  userId: string | null
  allow: PortalRight[] | null
  returnUrl: string | null
}

export interface Living extends Found {
  /** Of the token that it stands for, or that made it. */
  token: Identity
}

interface Means {
  sql: postgres.Sql
  /** The states of the database's tokens, read anew: a session ends at once with its token. */
  stateOf: (tokenId: string) => Promise<CredentialState<Identity> | undefined>
  config: Pick<Config, 'adminTokens' | 'internalTokens' | 'hasConsole'>
  nameOf: (kind: CookieKind) => string
  origins: Origins
}

/** Fields that a credential has and a session lacks. */
const STATE = {
  isOpen: true,
  endsAt: null,
  digest: null,
  pepperId: null,
  hash: null,
  lastUsedAt: null,
}

/** Finds living sessions by their cookies. */
export function sessionFinder({ sql, stateOf, config, nameOf, origins }: Means) {
  const environment = {
    admin: byId('admin', config.adminTokens),
    internal: byId('internal', config.internalTokens),
  }

  async function tokenOf(scope: TokenScope, id: string, address: string): Promise<Identity | null> {
    const inEnvironment = environment[scope].get(id)
    if (inEnvironment !== undefined) return inEnvironment
    const state = await stateOf(id)
    if (state === undefined || !state.isOpen || state.holder.scope !== scope) return null
    if (state.endsAt !== null && state.endsAt <= new Date()) return null
    // A portal's user is elsewhere than the service that made the link.
    return scope === 'internal' || state.holder.isAllowedAt(address) ? state.holder : null
  }

  /**
   * Sessions that are asked for during a read share the next statement, as with API keys. So a
   * flood of made-up cookies costs one read at a time.
   */
  const read = readTogether<Found>(async (digests) => {
    const rows = await sql<(Found & { digest: string })[]>`
      select s.id, s.kind, s.opened_at as "openedAt", s.token_id as "tokenId",
        s.expires_at as "expiresAt", s.account_id::text as "accountId", a.user_id as "userId",
        to_jsonb(s.allow) as allow, s.return_url as "returnUrl", encode(s.digest, 'hex') as digest
      from unnest(${array(digests)}::text[]) asked (digest)
      join sessions s on s.digest = decode(asked.digest, 'hex') and s.expires_at > now()
      left join accounts a on a.id = s.account_id and a.status <> 'closed'`
    return rows.map(({ digest, ...row }) => ({ ...STATE, id: digest, owner: digest, holder: row }))
  })

  async function rowOf(secret: string, kind: CookieKind, isOpened: boolean): Promise<Found | null> {
    const digest = digestOf(secret)
    if (digest === null) return null
    const row = (await read(digest.toString('hex')))?.holder
    const isRight =
      row?.kind === kind && (kind === 'console' || (row.openedAt !== null) === isOpened)
    return isRight ? row : null
  }

  async function find(request: FastifyRequest, kind: CookieKind): Promise<Living | null> {
    const row = await rowOf(cookieOf(request, nameOf(kind)) ?? '', kind, true)
    if (row === null) return null
    const scope = kind === 'console' ? 'admin' : 'internal'
    const token = await tokenOf(scope, row.tokenId, request.ip)
    return token === null ? null : { ...row, token }
  }

  const sessions: Sessions = {
    ofConsole: async (request) =>
      config.hasConsole ? ((await find(request, 'console'))?.token ?? null) : null,
    ofPortal: async (request) => {
      const found = await find(request, 'portal')
      return found === null ? null : visitOf(found)
    },
    isOwnOrigin: (origin) => origins.isOwn(origin),
  }
  /** Whether the secret is that of a link that can still be opened. */
  const isLink = async (secret: string) => (await rowOf(secret, 'portal', false)) !== null
  return { find, isLink, sessions }
}

function visitOf({ id, userId, accountId, allow, expiresAt, token }: Living): PortalVisit | null {
  if (userId === null || accountId === null) return null
  const rights = new Set(allow)
  return {
    sessionId: id,
    userId,
    allow: rights,
    identity: {
      ...token,
      // Counted by itself, and with no more than the pages need.
      tokenId: id,
      isStored: true,
      role: null,
      endsAt: expiresAt,
      permissions: new Set([
        'accounts:read',
        ...(rights.has('top_up') ? ['funds:top_up'] : []),
        ...(rights.has('auto_top_up') || rights.has('budgets') ? ['credit:write'] : []),
      ]),
    },
    isOwnTransfer: (transferId) => String(placeOf(transferId).accountId) === accountId,
  }
}

function byId(scope: TokenScope, tokens: Tokens): Map<string, Identity> {
  const match = environmentMatcher(scope, tokens)
  return new Map(
    tokens.flatMap((token) => {
      const identity = match(token)
      return identity === null ? [] : [[tokenId(token), identity]]
    }),
  )
}
