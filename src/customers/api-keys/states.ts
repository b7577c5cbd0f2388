import type postgres from 'postgres'
import { addressCheck } from '../../http/addresses.ts'
import type { KeyHolder } from '../../auth/api-key.ts'
import { array } from '../../database/arrays.ts'
import { KINDS } from '../../database/kinds.ts'
import { inTime } from '../../scheduling/in-time.ts'
import { sharedCommits } from '../../scheduling/shared-commits.ts'
import type { StoredDigest } from './peppers.ts'
import { endOf } from './service.ts'

/** The state of a key or token in the database. */
export interface CredentialState<Holder> extends StoredDigest {
  id: string
  /** A key's customer: a change of it concerns the key too, and customers take turns. */
  owner: string
  holder: Holder
  /** Whether neither it nor its owner is revoked or suspended. */
  isOpen: boolean
  /** It is refused from then on. */
  endsAt: Date | null
  lastUsedAt: Date | null
  /** The slow hash; null if there is a digest that can be checked instead. */
  hash: string | null
}

interface Row extends StoredDigest {
  id: string
  name: string | null
  expiresAt: Date | null
  retiresAt: Date | null
  revokedAt: Date | null
  lastUsedAt: Date | null
  hash: string | null
  customerId: string
  status: 'active' | 'suspended'
  scopes: string[] | null
  allowedIps: string[] | null
}

const TOGETHER_MAX = 500
const WAITING_MAX = 20_000
/**
 * A call that arrives during a reading waits for that one and for the next, so twice this must fit
 * into a request's deadline. The server enforces the limit too, unless the server itself hangs.
 */
const READING_MS_MAX = KINDS.keys.statementTimeoutMs

/**
 * Reads states in batches: all ids that are requested meanwhile share the next statement, and one
 * statement runs at a time.
 * @returns undefined for an unknown id
 * @throws Refusal `DATABASE_UNAVAILABLE` within 4 s when the database does not answer
 */
export function readTogether<Holder>(
  read: (ids: readonly string[]) => Promise<CredentialState<Holder>[]>,
) {
  const readings = sharedCommits<string, CredentialState<Holder> | undefined>({
    lanes: 1,
    waitingMax: WAITING_MAX,
    batchMax: TOGETHER_MAX,
    commit: async (ids) => {
      const rows = await inTime(read([...new Set(ids)]), READING_MS_MAX, 'DATABASE_UNAVAILABLE')
      const states = new Map(rows.map((state) => [state.id, state]))
      return ids.map((id) => ({ status: 'fulfilled', value: states.get(id) }))
    },
  })
  return readings.submit
}

/**
 * The states of API keys.
 * @param sql a separate connection, so that no other work of the service delays a key
 * @param pepperIds the peppers whose digests can be checked here
 */
export function keyStates(sql: postgres.Sql, pepperIds: readonly string[]) {
  const known = array(pepperIds)
  return readTogether(async (ids) => {
    const rows = await sql<Row[]>`
      select k.id, k.name, k.expires_at as "expiresAt", k.retires_at as "retiresAt",
        k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt",
        k.digest, k.pepper_id as "pepperId", to_jsonb(k.scopes) as scopes,
        to_jsonb(k.allowed_ips) as "allowedIps",
        case when k.digest is null or k.pepper_id <> all(${known}::text[]) then k.hash end as hash,
        c.id as "customerId", c.status
      from api_keys k join customers c on c.id = k.customer_id
      where k.id = any(${array(ids)}::text[])`
    return rows.map(stateOf)
  })
}

function stateOf(row: Row): CredentialState<KeyHolder> {
  const { id, customerId, status, digest, pepperId, hash, revokedAt, lastUsedAt } = row
  const endsAt = endOf(row)
  return {
    id,
    owner: customerId,
    holder: {
      customerId,
      status,
      keyId: id,
      keyName: row.name,
      keyExpiresAt: endsAt,
      scopes: row.scopes === null ? null : new Set(row.scopes),
      isAllowedAt: addressCheck(row.allowedIps),
    },
    isOpen: revokedAt === null && status === 'active',
    endsAt,
    digest,
    pepperId,
    hash,
    lastUsedAt,
  }
}
