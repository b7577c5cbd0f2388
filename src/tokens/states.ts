import type postgres from 'postgres'
import { addressCheck } from '../http/addresses.ts'
import { endOf } from '../customers/api-keys/service.ts'
import { type CredentialState, readTogether } from '../customers/api-keys/states.ts'
import type { Identity } from '../auth/identity.ts'
import { array } from '../database/arrays.ts'
import { permissionsOf } from './rights.ts'
import type { TokenRow } from './service.ts'

type Row = Pick<
  TokenRow,
  | 'id'
  | 'lineage'
  | 'scope'
  | 'role'
  | 'permissions'
  | 'allowedIps'
  | 'amountMax'
  | 'dailyAmountMax'
  | 'expiresAt'
  | 'retiresAt'
  | 'revokedAt'
  | 'lastUsedAt'
  | 'digest'
  | 'pepperId'
> & { hash: string | null }

/**
 * The states of tokens, read on the connection of API keys.
 * @param pepperIds the peppers whose digests can be checked here
 */
export function tokenStates(sql: postgres.Sql, pepperIds: readonly string[]) {
  const known = array(pepperIds)
  return readTogether(async (ids) => {
    const rows = await sql<Row[]>`
      select id, lineage, scope, role, to_jsonb(permissions) as permissions,
        to_jsonb(allowed_ips) as "allowedIps",
        amount_max as "amountMax", daily_amount_max as "dailyAmountMax",
        expires_at as "expiresAt", retires_at as "retiresAt", revoked_at as "revokedAt",
        last_used_at as "lastUsedAt", digest, pepper_id as "pepperId",
        case when digest is null or pepper_id <> all(${known}::text[]) then hash end as hash
      from tokens where id = any(${array(ids)}::text[])`
    return rows.map(stateOf)
  })
}

function stateOf(row: Row): CredentialState<Identity> {
  const { id, lineage, scope, role, allowedIps, amountMax, dailyAmountMax } = row
  const endsAt = endOf(row)
  const isCapped = amountMax !== null || dailyAmountMax !== null
  return {
    id,
    owner: id,
    holder: {
      tokenId: id,
      scope,
      isStored: true,
      role,
      permissions: new Set(permissionsOf(row)),
      endsAt,
      allowedIps,
      isAllowedAt: addressCheck(allowedIps),
      cap: isCapped ? { lineage, amountMax, dailyMax: dailyAmountMax } : null,
    },
    isOpen: row.revokedAt === null,
    endsAt,
    digest: row.digest,
    pepperId: row.pepperId,
    hash: row.hash,
    lastUsedAt: row.lastUsedAt,
  }
}
