import { and, eq, ne, or } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import type { EventKeys } from '../keys/event-keys.ts'
import { openSecrets } from './signing.ts'
import { webhookEndpoints } from './tables.ts'

/**
 * Encrypts the secrets of endpoints under the current key, so that an earlier key can be removed. A
 * secret whose key is not configured stays as it is.
 * @returns the ids of the endpoints with such a secret, to which this process delivers nothing
 */
export async function sealAgain(db: Database, keys: EventKeys): Promise<string[]> {
  const { keyId } = keys
  if (keyId === null) return []
  const isOld = or(
    ne(webhookEndpoints.secretKeyId, keyId),
    ne(webhookEndpoints.previousKeyId, keyId),
  )
  const rows = await db.select().from(webhookEndpoints).where(isOld)
  for (const { seq, id, secret, secretKeyId, previousSecret, previousKeyId } of rows) {
    const again = (bytes: Buffer | null, of: string | null) => {
      if (bytes === null || of === null || of === keyId) return null
      const opened = keys.open(id, { bytes, keyId: of })
      return opened === null ? null : keys.seal(id, opened)
    }
    const current = again(secret, secretKeyId)
    const previous = again(previousSecret, previousKeyId)
    if (current === null && previous === null) continue
    await db
      .update(webhookEndpoints)
      .set({
        ...(current !== null && { secret: current.bytes, secretKeyId: keyId }),
        ...(previous !== null && { previousSecret: previous.bytes, previousKeyId: keyId }),
      })
      // Leaves a secret that was rotated meanwhile alone.
      .where(and(eq(webhookEndpoints.seq, seq), eq(webhookEndpoints.secret, secret)))
  }
  return rows.filter((row) => openSecrets(keys, row) === null).map(({ id }) => id)
}
