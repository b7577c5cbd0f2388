import { adminTokensInUse } from '../auth/in-use.ts'
import { type Facts, type Line, failure, hasFault, pass, warning } from './check.ts'

const ISSUE = 'issue a token for each: `strongroom tokens issue <name> --role operator`'

/** Which tokens open the admin scope, and whether the audit log can distinguish operators. */
export async function adminTokens(facts: Facts): Promise<Line[]> {
  const { config, sql } = facts
  if (hasFault(facts, 'ADMIN_API_TOKEN')) return []
  // If the table is missing, the schema's own line reports it.
  const inUse = sql === null ? null : await adminTokensInUse(sql).catch(() => null)
  if (config.adminTokens.length > 0) {
    const sound = pass('ADMIN_API_TOKEN', 'long enough, no example, and like no other secret')
    if (inUse === null) return [sound]
    return [
      sound,
      inUse.any
        ? pass('operators', 'have tokens of their own')
        : warning(
            'operators',
            'only ADMIN_API_TOKEN is in use, so all are one to the audit log',
            ISSUE,
          ),
    ]
  }
  if (inUse?.owner === true) {
    return [pass('ADMIN_API_TOKEN', 'is not set: a token of an owner opens the admin scope')]
  }
  const reason =
    inUse === null
      ? 'and no database says whether an owner has a token'
      : 'and no owner has a token'
  return [
    failure('ADMIN_API_TOKEN', `is missing, ${reason}`, '`openssl rand -hex 32` makes a good one'),
  ]
}
