import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import { dependsOnOwner } from './identity.ts'
import { type Config, ConfigError, MISSING_ADMIN_TOKEN } from '../process/config.ts'

export interface AdminTokensInUse {
  /** Whether any token of the database can open the admin scope now. */
  any: boolean
  /** Whether an owner's token can, at all times and from all addresses. */
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
 * Logs at the start if the audit log can't distinguish operators.
 * @throws ConfigError in production, if no lasting token opens the admin scope
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
