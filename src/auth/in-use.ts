import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import { dependsOnOwner } from './identity.ts'
import { type Config, ConfigError, MISSING_ADMIN_TOKEN } from '../process/config.ts'

export interface AdminTokensInUse {
  /** A token of the database opens the admin scope now. */
  any: boolean
  /** One of an owner does, at all times and addresses. */
  owner: boolean
}

export async function adminTokensInUse(sql: postgres.Sql): Promise<AdminTokensInUse> {
  const [row] = await sql<AdminTokensInUse[]>`
    select
      coalesce(bool_or(least(expires_at, retires_at) > now() is not false), false) as "any",
      coalesce(bool_or(role = 'owner' and expires_at is null and retires_at is null
        and allowed_ips is null), false) as owner
    from tokens where scope = 'admin' and revoked_at is null`
  return row ?? { any: false, owner: false }
}

/**
 * Says at the start whether all operators are one person to the audit log.
 * @throws ConfigError in production, where nothing opens the admin scope for good
 */
export async function lookAtAdminTokens(app: FastifyInstance, config: Config): Promise<void> {
  const inUse = await adminTokensInUse(app.apiKeys.reading)
  if (dependsOnOwner(config)) {
    if (config.production && !inUse.owner) throw new ConfigError([MISSING_ADMIN_TOKEN])
  } else if (!inUse.any) {
    const message = 'Only ADMIN_API_TOKEN is in use: give each operator a token of their own'
    if (config.production) app.log.warn(message)
    else app.log.info(message)
  }
}
