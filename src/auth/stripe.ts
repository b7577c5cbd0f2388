import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tokens } from '../config.ts'
import { Refusal } from '../refusals.ts'
import { hasValidSignature } from '../webhooks/signature.ts'
import { markScope } from './scope.ts'

const BODY_BYTES_MAX = 1_048_576

/**
 * `Stripe-Signature` over the raw bytes. Bodies stay bytes in this scope: a parsed and re-serialised
 * one would no longer match its signature. Runs before the handler, and before any table is touched.
 * @param secrets null when Stripe is not configured: then every call is a 503
 */
export function requireStripeSignature(app: FastifyInstance, secrets: Tokens | null): void {
  markScope(app, {
    scope: 'stripe',
    security: ['StripeSignature'],
    refusals: ['INVALID_SIGNATURE', 'STRIPE_NOT_CONFIGURED'],
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    (_request: FastifyRequest, body: Buffer, done) => done(null, body),
  )

  app.addHook('onRequest', (request, _reply, done) => {
    if (secrets === null) done(new Refusal('STRIPE_NOT_CONFIGURED'))
    else if (request.headers['stripe-signature'] === undefined)
      done(new Refusal('INVALID_SIGNATURE'))
    else done()
  })
  app.addHook('preValidation', (request, _reply, done) => {
    const header = request.headers['stripe-signature']
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const isSigned = typeof header === 'string' && hasValidSignature(body, header, secrets ?? [])
    if (isSigned) request.actor = { id: 'stripe', ip: request.ip }
    done(isSigned ? undefined : new Refusal('INVALID_SIGNATURE'))
  })
}
