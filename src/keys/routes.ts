import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { isKnown } from '../http/etag.ts'
import { ref } from '../http/schemas.ts'

/** Long enough to save calls, and short enough that a withdrawn key soon disappears everywhere. */
const CACHE_S = 300

export const JsonWebKeySet = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          kty: Type.Literal('RSA'),
          n: Type.String({
            examples: [
              '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_…',
            ],
          }),
          e: Type.String({ examples: ['AQAB'] }),
          kid: Type.String({
            description: 'The RFC 7638 thumbprint of the key.',
            examples: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
          }),
          use: Type.Literal('sig'),
          alg: Type.Literal('RS256'),
        },
        { title: 'JsonWebKey' },
      ),
    ),
  },
  { $id: 'JsonWebKeySet' },
)

/** Public: `/.well-known/jwks.json`. */
export const keyRingRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const jwks = { keys: [...app.keys.jwks.keys] }
  const etag = `"${createHash('sha256').update(JSON.stringify(jwks)).digest('base64url')}"`

  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getKeys',
        summary: 'The public keys that verify licences',
        response: { 200: ref(JsonWebKeySet), 304: Type.Null({ description: 'Not changed.' }) },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', `public, max-age=${CACHE_S}`).header('etag', etag)
      if (isKnown(request, etag)) return reply.code(304).send(null)
      return jwks
    },
  )
}
