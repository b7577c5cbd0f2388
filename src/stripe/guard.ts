import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Tokens } from '../process/config.ts'
import { Refusal } from '../refusals/index.ts'
import { hasValidSignature } from './signature.ts'
import type { Gate } from '../auth/gates.ts'
import { markScope } from '../auth/scope.ts'

const BODY_BYTES_MAX = 1_048_576

/**
 * Requires a `Stripe-Signature` over the raw bytes. Bodies stay bytes in this scope, because a parsed
 * and re-serialised body would not match its signature. Runs before the handler, and before any
 * query.
 * @param secrets null when Stripe is not configured: every call is then a 503
 */
export function requireStripeSignature(
  app: FastifyInstance,
  secrets: Tokens | null,
  gate: Gate,
): void {
  markScope(app, {
    scope: 'stripe',
    security: ['StripeSignature'],
    refusals: ['INVALID_SIGNATURE', 'RATE_LIMITED', 'STRIPE_NOT_CONFIGURED'],
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    (_request: FastifyRequest, body: Buffer, done) => done(null, body),
  )

  app.addHook('onRequest', async (request, reply) => {
    if (secrets === null) throw new Refusal('STRIPE_NOT_CONFIGURED')
    if (request.headers['stripe-signature'] === undefined) await refuse(request, reply)
  })
  app.addHook('preValidation', async (request, reply) => {
    const header = request.headers['stripe-signature']
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const isSigned = typeof header === 'string' && hasValidSignature(body, header, secrets ?? [])
    if (!isSigned) await refuse(request, reply)
    request.actor = { id: 'stripe', ip: request.ip }
    await gate.admit(request, reply)
  })

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    await gate.fail(request, reply)
    throw new Refusal('INVALID_SIGNATURE')
  }
}
