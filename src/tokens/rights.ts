import { isWithin, readRange } from '../http/addresses.ts'
import type { Identity } from '../auth/identity.ts'
import { requireGranted } from '../auth/permission.ts'
import { type Permission, type Role, ROLES, type TokenScope } from '../auth/permissions.ts'
import { Refusal } from '../refusals/index.ts'

/** What a token may do and where, as requested or stored. */
export interface Rights {
  scope: TokenScope
  role: Role | null
  permissions: readonly string[] | null
  expiresAt: Date | null
  allowedIps: readonly string[] | null
  amountMax: bigint | null
  dailyAmountMax: bigint | null
}

/** The permissions of a token, also of one that has a role instead. */
export function permissionsOf({
  role,
  permissions,
}: Pick<Rights, 'role' | 'permissions'>): readonly string[] {
  return role === null ? (permissions ?? []) : ROLES[role]
}

/**
 * A token can't make another with more than its own permissions, time, addresses or amounts. Only
 * owners make tokens of services.
 * @param maker null for commands on the server
 * @throws Refusal `PERMISSION_DENIED`
 */
export function requireMayMake(maker: Identity | null, rights: Rights): void {
  if (maker === null || !maker.isStored) return
  if (rights.scope === 'internal') {
    if (maker.role !== 'owner') throw denied('Only an owner can make a token of a service.')
  } else {
    const asked = permissionsOf(rights) as readonly Permission[]
    asked.forEach((permission) => requireGranted(maker.permissions, permission))
  }
  if (maker.endsAt !== null && (rights.expiresAt === null || rights.expiresAt > maker.endsAt)) {
    throw denied('The token would end later than yours.')
  }
  if (!areWithin(rights.allowedIps, maker.allowedIps)) {
    throw denied('The token would be good at addresses where yours is not.')
  }
  const isBound = (asked: bigint | null, own: bigint | null | undefined) =>
    own === null || own === undefined || (asked !== null && asked <= own)
  const { cap } = maker
  if (
    !isBound(rights.amountMax, cap?.amountMax) ||
    !isBound(rights.dailyAmountMax, cap?.dailyMax)
  ) {
    throw denied('The token could move more than yours.')
  }
}

function areWithin(asked: readonly string[] | null, own: readonly string[] | null): boolean {
  if (own === null) return true
  if (asked === null) return false
  const ranges = own.map(readRange).filter((range) => range !== null)
  return asked.map(readRange).every((one) => one !== null && ranges.some((r) => isWithin(one, r)))
}

function denied(message: string): Refusal {
  return new Refusal('PERMISSION_DENIED', { message })
}
