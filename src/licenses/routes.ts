import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { requireOwn } from '../auth/api-key.ts'
import { customerInPath } from '../customers/in-path.ts'
import { isCut } from '../database/page-weight.ts'
import { exactNumber } from '../encoding/decimals.ts'
import { isKnown } from '../http/etag.ts'
import { pageAnswer, pageRequest } from '../http/pagination.ts'
import { ref } from '../http/schemas.ts'
import { VERSION } from '../package/version.ts'
import { type UsedThisMonth, grantOf } from './entitlements.ts'
import { presentLicense } from './present.ts'
import {
  Entitlement,
  EntitlementQuery,
  IssuedLicense,
  LICENSES_LIMIT,
  License,
  Licenses,
  LicensesParams,
  ListLicensesQuery,
  RevocationList,
} from './schemas.ts'
import { usableLicenses, usableTerms } from './service.ts'

export { licenseAdminRoutes } from './admin-routes.ts'

export const licenseSchemas = [License, Licenses, IssuedLicense, Entitlement, RevocationList]

const LIST_CACHE_S = 60

/** Public: `/api/licenses/revocations`. */
export const revocationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/revocations',
    {
      schema: {
        operationId: 'getRevocations',
        summary: 'The signed list of revoked licences',
        response: { 200: ref(RevocationList) },
      },
      config: { refusals: ['DATABASE_UNAVAILABLE', 'SIGNING_KEY_MISSING'] },
    },
    async (_request, reply) => {
      const token = await app.revocations.token()
      void reply.header('cache-control', `public, max-age=${LIST_CACHE_S}`)
      return { token }
    },
  )
}

/** Customers and operators: `/api/licenses`. */
export const licenseListRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/:customer_id',
    {
      schema: {
        operationId: 'listLicenses',
        summary: 'The usable licences of a customer, newest first: for a key, of its own',
        params: LicensesParams,
        querystring: ListLicensesQuery,
        response: { 200: ref(Licenses), 304: Type.Null({ description: 'Not changed.' }) },
      },
      config: {
        permission: 'licenses:read',
        adminPermission: 'customers:read',
        refusals: ['CUSTOMER_NOT_FOUND', 'INVALID_CURSOR'],
      },
    },
    async (request, reply) => {
      const customerId = await customerInPath(app.db, request, request.params.customer_id)
      const list = ['licenses', customerId]
      const page = pageRequest({ limit: LICENSES_LIMIT, ...request.query }, list)
      const rows = await usableLicenses(app.db, app.keys, customerId, page)
      const answer = pageAnswer(rows, page, list, presentLicense, isCut(rows))
      const etag = tagOf(customerId, answer)
      void reply.header('etag', etag)
      if (isKnown(request, etag)) return reply.code(304).send(null)
      return answer
    },
  )
}

/** Customer: `/api/licenses`. */
export const licenseRoutes: FastifyPluginAsyncTypebox<{ usedThisMonth: UsedThisMonth }> = async (
  app,
  { usedThisMonth },
) => {
  app.get(
    '/:customer_id/entitlements',
    {
      schema: {
        operationId: 'getEntitlement',
        summary: 'Check whether the usable licences grant a feature, and up to what limit',
        params: LicensesParams,
        querystring: EntitlementQuery,
        response: { 200: ref(Entitlement) },
      },
      config: { permission: 'licenses:read', refusals: ['CUSTOMER_NOT_FOUND'] },
    },
    async (request) => {
      const customerId = requireOwn(request, request.params.customer_id)
      const { feature } = request.query
      const terms = await usableTerms(app.db, app.keys, customerId, feature)
      const grant = grantOf(terms, feature)
      const { number, exact } = exactNumber(await usedThisMonth(app.db, customerId, feature))
      return { feature, ...grant, used: number, ...(exact !== undefined && { used_exact: exact }) }
    },
  )
}

/** A licence's content never changes, so the ids and the cursor identify the answer of this version. */
function tagOf(customerId: string, { data, next_cursor }: Static<typeof Licenses>): string {
  const ids = data.map(({ license_id: id }) => id)
  const content = [VERSION, customerId, ...ids, next_cursor].join()
  return `"${createHash('sha256').update(content).digest('base64url')}"`
}
