import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import type { StoredSecrets } from './signing.ts'

/** A process that delivers. */
export interface Deliverer {
  /** Its name in leases. */
  owner: string
  /** The keys under which it can open secrets. */
  keyIds: readonly string[]
}

export interface OwnedEndpoint extends StoredSecrets {
  seq: bigint
  url: string
  status: 'active' | 'disabled'
}

export const ownedColumns = (sql: postgres.Sql) => sql`
  seq, id, url, status, secret, secret_key_id as "secretKeyId", previous_secret as "previousSecret",
  previous_key_id as "previousKeyId", previous_until as "previousUntil"`

/**
 * Whether an endpoint may belong to a process. A message without a signature of the endpoint's
 * secret is worthless to its receiver, so a process leaves endpoints alone whose secrets it can't
 * open.
 */
export const isFor = (sql: postgres.Sql, { owner, keyIds }: Deliverer) => {
  const known = array(keyIds)
  return sql`(owner is null or owner = ${owner} or owned_until < now())
    and secret_key_id = any(${known}::text[])
    and (previous_until is null or previous_until <= now() or previous_key_id = any(${known}::text[]))`
}
