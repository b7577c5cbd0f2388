import type { Config, Tokens } from '../process/config.ts'
import { type Permission, PERMISSIONS, type Role, type TokenScope } from './permissions.ts'
import { tokenMatcher } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The operator's or service's token behind the request; null outside those scopes. */
    identity: Identity | null
  }
}

/** How much a token may move, in the smallest unit of any asset. */
export interface Cap {
  /** The name under which the day's sum is counted; a replacement token continues it. */
  lineage: string
  /** The limit of one movement or hold; null for no bound. */
  amountMax: bigint | null
  /** The limit of all movements in a UTC day; null for no bound. */
  dailyMax: bigint | null
}

/** A valid token, and what it may do. */
export interface Identity {
  tokenId: string
  scope: TokenScope
  /** Whether it is in the database, rather than in the environment. */
  isStored: boolean
  role: Role | null
  permissions: ReadonlySet<string>
  endsAt: Date | null
  /** Addresses and CIDRs, in their one spelling; null for all. */
  allowedIps: readonly string[] | null
  isAllowedAt(address: string): boolean
  /** How much money it may move; null for no bound. */
  cap: Cap | null
}

/**
 * Makes a check against the tokens of the environment, which have every permission in their scope.
 */
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
