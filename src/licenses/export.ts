import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { type Pages, pages } from '../privacy/document.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { presentIssued } from './present.ts'
import { IssuedLicense } from './schemas.ts'
import { licenses } from './tables.ts'

/** Each with the features of its plan, of up to 64 KiB. */
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
    (after?: typeof licenses.$inferSelect) =>
      db
        .select()
        .from(licenses)
        .where(and(eq(licenses.customerId, id), after && gt(licenses.seq, after.seq)))
        .orderBy(asc(licenses.seq))
        .limit(PAGE),
    (row) => {
      // The token's content is included; the token itself would let any finder of the file use it.
      const { token: _token, ...rest } = presentIssued(row).license
      return rest
    },
  )
}
