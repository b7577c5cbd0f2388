import type postgres from 'postgres'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import { hashDuration } from '../../src/customers/api-keys/hashing.ts'
import { keyPeppers } from '../../src/customers/api-keys/peppers.ts'
import { randomBase62 } from '../../src/encoding/ids.ts'
import { array } from '../../src/database/arrays.ts'

/**
 * Inserts customers with a key each into the database, with the digest that the service would store.
 * Their hash verifies nothing, so only the digest makes them valid.
 * @returns the keys
 */
export async function seedKeys(
  sql: postgres.Sql,
  pepper: string,
  count: number,
): Promise<string[]> {
  const peppers = keyPeppers([pepper])
  const keys = Array.from({ length: count }, () => {
    const customerId = `cust_${randomBase62(16)}`
    const { apiKey, keyId } = newApiKey(customerId)
    return { customerId, keyId, apiKey, ...peppers.digest(apiKey)! }
  })
  const customerIds = array(keys.map(({ customerId }) => customerId))
  await sql`
    insert into customers (id, email, metadata)
    select id, id || '@example.com', '{}' from unnest(${customerIds}::text[]) as c (id)`
  await sql`
    insert into api_keys (id, customer_id, hash, digest, pepper_id)
    select k.id, k.customer_id, 'none', k.digest, k.pepper_id from unnest(
      ${array(keys.map(({ keyId }) => keyId))}::text[], ${customerIds}::text[],
      ${array(keys.map(({ digest }) => digest))}::bytea[],
      ${array(keys.map(({ pepperId }) => pepperId))}::text[]
    ) as k (id, customer_id, digest, pepper_id)`
  return keys.map(({ apiKey }) => apiKey)
}

/** How many slow hashes this process has completed so far. */
export async function slowHashes(): Promise<number> {
  const { values } = await hashDuration.get()
  return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
}
