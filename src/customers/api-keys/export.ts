import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { ref } from '../../http/schemas.ts'
import { type Pages, pages } from '../../privacy/document.ts'
import type { ExportPart } from '../../privacy/personal.ts'
import { presentKey } from './present.ts'
import { ApiKey } from './schemas.ts'
import { apiKeys } from './tables.ts'

const PAGE = 1_000

export const apiKeyExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'api_keys',
    schema: Type.Array(ref(ApiKey)),
    read: (db, { customerId }) => exportedKeys(db, customerId ?? ''),
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
