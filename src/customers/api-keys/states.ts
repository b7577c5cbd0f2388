import type postgres from 'postgres'
import { addressCheck } from '../../http/addresses.ts'
import type { KeyHolder } from '../../auth/api-key.ts'
import { array } from '../../database/arrays.ts'
import { KINDS } from '../../database/kinds.ts'
import { inTime } from '../../scheduling/in-time.ts'
import { sharedCommits } from '../../scheduling/shared-commits.ts'
import type { StoredDigest } from './peppers.ts'
import { endOf } from './service.ts'

/** What the database says of a key or token. */
export interface CredentialState<Holder> extends StoredDigest {
  id: string
  /** Whose change concerns it too, and with whose others it takes turns: a key's customer. */
  owner: string
  holder: Holder
  /** Neither it nor its owner is stopped. */
  isOpen: boolean
  /** From then on it is refused. */
  endsAt: Date | null
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
  scopes: string[] | null
  allowedIps: string[] | null
}

const TOGETHER_MAX = 500
const WAITING_MAX = 20_000
/**
 * Who comes while a reading is under way waits for that one and for the next: twice this is within the
 * deadline of a request. The server gives up as well, unless it is what hangs.
 */
const READING_MS_MAX = KINDS.keys.statementTimeoutMs

/**
 * Reads states, all that are asked for at one time together: however many there are, one statement is
 * under way.
 * @returns undefined for the id of none
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
 * @param sql a connection of its own: nothing else that the service does comes before a key
 * @param pepperIds of the digests that can be checked here
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
