/** The permissions of operators' tokens. */
export const ADMIN_PERMISSIONS = [
  'customers:read',
  'customers:write',
  'keys:write',
  'plans:write',
  'licenses:write',
  'usage:read',
  'usage:write',
  'funds:read',
  'funds:write',
  'subscriptions:read',
  'subscriptions:write',
  'audit:read',
  'events:read',
  'events:write',
  'tokens:write',
  'privacy:write',
  'metrics:read',
] as const

/** The permissions of services' tokens. */
export const INTERNAL_PERMISSIONS = [
  'accounts:read',
  'accounts:write',
  'funds:deduct',
  'funds:hold',
  'funds:refund',
  'funds:top_up',
  'credit:write',
  'stats:read',
  'privacy:write',
] as const

/** The scopes to which an API key may be limited. */
export const KEY_SCOPES = [
  'usage:write',
  'usage:read',
  'licenses:read',
  'subscriptions:read',
  'billing:write',
] as const

export type AdminPermission = (typeof ADMIN_PERMISSIONS)[number]
export type InternalPermission = (typeof INTERNAL_PERMISSIONS)[number]
export type Permission = AdminPermission | InternalPermission
export type KeyScope = (typeof KEY_SCOPES)[number]

export type TokenScope = 'admin' | 'internal'

export const PERMISSIONS: Readonly<Record<TokenScope, readonly Permission[]>> = {
  admin: ADMIN_PERMISSIONS,
  internal: INTERNAL_PERMISSIONS,
}

const READS = ADMIN_PERMISSIONS.filter((permission) => permission.endsWith(':read'))

/** Roles of the admin scope; a service has a list of permissions instead. */
export const ROLES = {
  owner: ADMIN_PERMISSIONS,
  operator: ADMIN_PERMISSIONS.filter((one) => one !== 'tokens:write' && one !== 'privacy:write'),
  support: [...READS, 'keys:write'],
  finance: [...READS, 'funds:write'],
  auditor: ['audit:read', 'funds:read', 'metrics:read'],
} as const satisfies Record<string, readonly AdminPermission[]>

export type Role = keyof typeof ROLES

export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]]
