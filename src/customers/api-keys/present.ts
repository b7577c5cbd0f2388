import { type KeyRow, endOf } from './service.ts'

export function presentKey(row: KeyRow) {
  return {
    key_id: row.id,
    name: row.name,
    created_at: row.createdAt.toISOString(),
    expires_at: endOf(row)?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  }
}
