import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../auth/scope.ts'
import { invalid, ref, timeOf } from '../http/schemas.ts'
import { presentIssued } from './present.ts'
import { IssueLicenseBody, IssuedLicense, LicenseParams, RevokeLicenseBody } from './schemas.ts'
import { issueByHand, revokeByHand } from './service.ts'

/** Admin: `/api/licenses`. */
export const licenseAdminRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '',
    {
      schema: {
        operationId: 'issueLicense',
        summary: 'Issue a licence by hand',
        body: IssueLicenseBody,
        response: { 201: ref(IssuedLicense) },
      },
      config: {
        permission: 'licenses:write',
        refusals: ['CUSTOMER_NOT_FOUND', 'CUSTOMER_SUSPENDED', 'SIGNING_KEY_MISSING'],
      },
    },
    async (request, reply) => {
      const { customer_id: customerId, plan, features, limits, expires_at } = request.body
      const expiresAt = expires_at === undefined ? undefined : expiryOf(expires_at)
      const order = { customerId, plan, features, limits, expiresAt }
      const row = await issueByHand(
        { db: request.db, keys: app.keys, defaultPlan: app.defaultPlan },
        actorOf(request),
        order,
      )
      return reply.code(201).send(presentIssued(row))
    },
  )

  app.post(
    '/:license_id/revoke',
    {
      schema: {
        operationId: 'revokeLicense',
        summary: 'Put a licence on the revocation list',
        params: LicenseParams,
        body: RevokeLicenseBody,
        response: { 200: ref(IssuedLicense) },
      },
      config: { permission: 'licenses:write', refusals: ['LICENSE_NOT_FOUND'], unlimited: true },
    },
    async (request) => {
      const { license_id: id } = request.params
      const row = await revokeByHand(request.db, actorOf(request), id, request.body.reason ?? null)
      app.revocations.forget()
      return presentIssued(row)
    },
  )
}

/** Whole seconds, as a token has them, and at least one second ahead. */
function expiryOf(text: string): Date {
  const time = timeOf(text, '/expires_at')
  const whole = new Date(Math.floor(time.getTime() / 1_000) * 1_000)
  if (whole.getTime() <= Date.now()) {
    throw invalid('/expires_at', 'must be in the future')
  }
  return whole
}
