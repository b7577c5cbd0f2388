import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt, or } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { Timestamp, ref } from '../../http/schemas.ts'
import { type Pages, pages } from '../../privacy/document.ts'
import type { ExportPart } from '../../privacy/personal.ts'
import { presentKey } from './present.ts'
import { ApiKey, KeyId } from './schemas.ts'
import { apiKeyCalls, apiKeys } from './tables.ts'

const PAGE = 1_000

const ExportedCalls = Type.Object(
  {
    key_id: KeyId,
    hour: Timestamp,
    calls: Type.Integer({ minimum: 0, examples: [120] }),
    refused: Type.Integer({ minimum: 0, examples: [3] }),
  },
  {
    title: 'ExportedApiKeyCalls',
    description: 'The calls with a key in an hour, of the last 400 days.',
  },
)

export const apiKeyExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'api_keys',
    schema: Type.Array(ref(ApiKey)),
    read: (db, { customerId }) => exportedKeys(db, customerId ?? ''),
  },
  {
    of: 'customer',
    name: 'api_key_calls',
    schema: Type.Array(ExportedCalls),
    read: (db, { customerId }) => exportedCalls(db, customerId ?? ''),
  },
]

function exportedKeys(db: Database, id: string): Pages {
  return pages(
    (after?: typeof apiKeys.$inferSelect) =>
      db
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.customerId, id), after && gt(apiKeys.seq, after.seq)))
        .orderBy(asc(apiKeys.seq))
        .limit(PAGE),
    presentKey,
  )
}

/** By key and hour, as the table's own index has them. */
function exportedCalls(db: Database, id: string): Pages {
  return pages(
    (after?: typeof apiKeyCalls.$inferSelect) =>
      db
        .select({
          keyId: apiKeyCalls.keyId,
          hour: apiKeyCalls.hour,
          calls: apiKeyCalls.calls,
          refused: apiKeyCalls.refused,
        })
        .from(apiKeyCalls)
        .innerJoin(apiKeys, eq(apiKeys.id, apiKeyCalls.keyId))
        .where(
          and(
            eq(apiKeys.customerId, id),
            after &&
              or(
                gt(apiKeyCalls.keyId, after.keyId),
                and(eq(apiKeyCalls.keyId, after.keyId), gt(apiKeyCalls.hour, after.hour)),
              ),
          ),
        )
        .orderBy(asc(apiKeyCalls.keyId), asc(apiKeyCalls.hour))
        .limit(PAGE),
    (row) => ({
      key_id: row.keyId,
      hour: row.hour.toISOString(),
      calls: Number(row.calls),
      refused: Number(row.refused),
    }),
  )
}
