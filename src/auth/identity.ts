import type { Config, Tokens } from '../process/config.ts'
import { type Permission, PERMISSIONS, type Role, type TokenScope } from './permissions.ts'
import { tokenMatcher } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token of an operator or service this is; null outside of those scopes. */
    identity: Identity | null
  }
}

/** How much a token may move, in the smallest unit of whichever asset. */
export interface Cap {
  /** What the day's sum is counted under; a token that replaces another goes on with it. */
  lineage: string
  /** Of one movement or hold; null for no bound. */
  amountMax: bigint | null
  /** Of all that was moved in a UTC day; null for no bound. */
  dailyMax: bigint | null
}

/** A good token, and what it may do. */
export interface Identity {
  tokenId: string
  scope: TokenScope
  /** Of the database, and not of the environment. */
  isStored: boolean
  role: Role | null
  permissions: ReadonlySet<string>
  endsAt: Date | null
  /** Addresses and CIDRs in their one text; null for all. */
  allowedIps: readonly string[] | null
  isAllowedAt(address: string): boolean
  /** How much money it may move; null for no bound. */
  cap: Cap | null
}

/** Makes a check against the tokens of the environment, which may do all there is in their scope. */
export function environmentMatcher(
  scope: TokenScope,
  tokens: Tokens,
  permissions: readonly Permission[] = PERMISSIONS[scope],
): (presented: string) => Identity | null {
  const match = tokenMatcher(tokens)
  const all = new Set(permissions)
  return (presented) => {
    const tokenId = match(presented)
    if (tokenId === null) return null
    return {
      tokenId,
      scope,
      isStored: false,
      role: null,
      permissions: all,
      endsAt: null,
      allowedIps: null,
      isAllowedAt: () => true,
      cap: null,
    }
  }
}

/** Whether only a token of the database can open the admin scope. */
export function dependsOnOwner({ adminTokens }: Pick<Config, 'adminTokens'>): boolean {
  return adminTokens.length === 0
}

/** The token behind a request that a guard of these scopes has let in. */
export function identityOf(request: { identity: Identity | null }): Identity {
  if (request.identity === null) throw new Error('This route is behind no token')
  return request.identity
}
