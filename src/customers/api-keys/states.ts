import type postgres from 'postgres'
import type { KeyHolder } from '../../auth/api-key.ts'
import { array } from '../../database/arrays.ts'
import { KINDS } from '../../database/kinds.ts'
import { inTime } from '../../scheduling/in-time.ts'
import { sharedCommits } from '../../scheduling/shared-commits.ts'
import type { StoredDigest } from './peppers.ts'
import { endOf } from './service.ts'

/** What the database says of a key and its customer. */
export interface KeyState extends StoredDigest {
  holder: KeyHolder
  revokedAt: Date | null
  lastUsedAt: Date | null
  /** The slow hash; null where there is a digest that can be checked instead. */
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
}

const TOGETHER_MAX = 500
const WAITING_MAX = 20_000
/**
 * Who comes while a reading is under way waits for that one and for the next: twice this is within the
 * deadline of a request. The server gives up as well, unless it is what hangs.
 */
const READING_MS_MAX = KINDS.keys.statementTimeoutMs

/**
 * Reads what is known of keys, all that are asked for at one time together: however many there are, one
 * statement is under way.
 * @param sql a connection of its own: nothing else that the service does comes before a key
 * @param pepperIds of the digests that can be checked here
 * @returns undefined for the id of no key
 * @throws Refusal `DATABASE_UNAVAILABLE` within 4 s when the database does not answer
 */
export function keyStates(sql: postgres.Sql, pepperIds: readonly string[]) {
  const known = array(pepperIds)
  const readings = sharedCommits<string, KeyState | undefined>({
    lanes: 1,
    waitingMax: WAITING_MAX,
    batchMax: TOGETHER_MAX,
    commit: async (ids) => {
      const rows = await inTime(read([...new Set(ids)]), READING_MS_MAX, 'DATABASE_UNAVAILABLE')
      const states = new Map(rows.map((row) => [row.id, stateOf(row)]))
      return ids.map((id) => ({ status: 'fulfilled', value: states.get(id) }))
    },
  })

  function read(ids: readonly string[]): Promise<Row[]> {
    return sql<Row[]>`
      select k.id, k.name, k.expires_at as "expiresAt", k.retires_at as "retiresAt",
        k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt",
        k.digest, k.pepper_id as "pepperId",
        case when k.digest is null or k.pepper_id <> all(${known}::text[]) then k.hash end as hash,
        c.id as "customerId", c.status
      from api_keys k join customers c on c.id = k.customer_id
      where k.id = any(${array(ids)}::text[])`
  }

  return readings.submit
}

function stateOf(row: Row): KeyState {
  const { customerId, status, digest, pepperId, hash, revokedAt, lastUsedAt } = row
  const keyExpiresAt = endOf(row)
  return {
    holder: { customerId, status, keyId: row.id, keyName: row.name, keyExpiresAt },
    digest,
    pepperId,
    hash,
    revokedAt,
    lastUsedAt,
  }
}
