import type { Static } from '@sinclair/typebox'
import { readAllowedIps } from '../http/allowed-ips.ts'
import { PERMISSIONS, ROLE_NAMES } from '../auth/permissions.ts'
import { futureTime, invalid, isLine } from '../http/schemas.ts'
import type { Rights } from './rights.ts'
import { type IssueTokenBody, NAME_MAX } from './schemas.ts'

export type Wanted = Rights & { name: string }

/** @throws Refusal `VALIDATION_FAILED` */
export function rightsOf(body: Static<typeof IssueTokenBody>): Wanted {
  const { name, scope, role = null, permissions = null } = body
  if (role !== null && permissions !== null) throw invalid('/role', 'excludes `permissions`')
  if (role !== null && scope === 'internal') throw invalid('/role', 'is for the admin scope')
  if (role === null && permissions === null) throw invalid('/permissions', 'is required')
  permissions?.forEach((permission, index) => {
    if (PERMISSIONS[scope].includes(permission)) return
    throw invalid(`/permissions/${index}`, `is no permission of the scope ${scope}`)
  })
  const amountOf = (amount: number | undefined) => (amount === undefined ? null : BigInt(amount))
  return {
    name,
    scope,
    role,
    permissions,
    expiresAt: body.expires_at === undefined ? null : futureTime(body.expires_at, '/expires_at'),
    allowedIps: readAllowedIps(body.allowed_ips),
    amountMax: amountOf(body.amount_max),
    dailyAmountMax: amountOf(body.daily_amount_max),
  }
}

/** With a zone: without one, the server's zone would apply. */
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]{8,18}(Z|[+-]\d{2}:?\d{2})$/

/** The arguments of a command, of which only the types are known. */
export interface Called {
  name: string
  scope: string
  role: string | undefined
  permissions: readonly string[] | undefined
  expires_at: string | undefined
  allowed_ips: readonly string[] | undefined
  amount_max: number | undefined
  daily_amount_max: number | undefined
}

/**
 * The same for a command, checked like the body of a request.
 * @throws Refusal `VALIDATION_FAILED`
 */
export function readWanted(called: Called): Wanted {
  const { name, scope, role, permissions, expires_at: expiresAt } = called
  if (!isLine(name, NAME_MAX)) throw invalid('/name', `is no line of 1 to ${NAME_MAX} characters`)
  if (scope !== 'admin' && scope !== 'internal') throw invalid('/scope', 'is admin or internal')
  const known = ROLE_NAMES.find((one) => one === role)
  if (role !== undefined && known === undefined) {
    throw invalid('/role', `is one of ${ROLE_NAMES.join(', ')}`)
  }
  if (expiresAt !== undefined && !TIME.test(expiresAt)) {
    throw invalid('/expires_at', 'is no time of RFC 3339')
  }
  const given = Object.fromEntries(
    Object.entries({ ...called, scope, role: known, permissions }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  return rightsOf(given as Static<typeof IssueTokenBody>)
}
