import { endOf } from '../customers/api-keys/service.ts'
import type { Permission } from '../auth/permissions.ts'
import { permissionsOf } from './rights.ts'
import { type TokenRow, numberOf } from './service.ts'

export function presentToken(row: TokenRow) {
  return {
    token_id: row.id,
    name: row.name,
    scope: row.scope,
    role: row.role,
    permissions: [...permissionsOf(row)] as Permission[],
    expires_at: endOf(row)?.toISOString() ?? null,
    allowed_ips: row.allowedIps,
    amount_max: numberOf(row.amountMax),
    daily_amount_max: numberOf(row.dailyAmountMax),
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  }
}
