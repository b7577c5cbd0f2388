import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { HAS_ROOM, weightOf } from '../database/page-weight.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { presentIssued } from './present.ts'
import { IssuedLicense } from './schemas.ts'
import { LONG_PARTS } from './service.ts'
import { licenses } from './tables.ts'

/** How many are weighed for a page, of which those with long features are fewer. */
const PAGE = 100

export const licenseExports: readonly ExportPart[] = [
  {
    of: 'customer',
    name: 'licenses',
    schema: Type.Array(Type.Omit(IssuedLicense.properties.license, ['token'])),
    read: (db, { customerId }) => exportedLicenses(db, customerId ?? ''),
  },
]

function exportedLicenses(db: Database, id: string): Pages {
  return pages(
    (after?: typeof licenses.$inferSelect) => licensesAfter(db, id, after?.seq),
    (row) => {
      // The token's content is included; the token itself would let any finder of the file use it.
      const { token: _token, ...rest } = presentIssued(row).license
      return rest
    },
  )
}

/** A page that ends early where its licences have long features. */
function licensesAfter(db: Database, id: string, after: bigint | undefined) {
  const { customerId, seq } = licenses
  const page = db
    .select()
    .from(licenses)
    .where(and(eq(customerId, id), after === undefined ? undefined : gt(seq, after)))
    .orderBy(asc(seq))
    .limit(PAGE)
    .as('page')
  const weighed = db
    .select({ ...page._.selectedFields, ...weightOf(LONG_PARTS, sql`seq`) })
    .from(page)
    .as('weighed')
  return db.select().from(weighed).where(HAS_ROOM).orderBy(asc(weighed.seq))
}
