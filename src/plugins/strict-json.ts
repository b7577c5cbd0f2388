import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals.ts'
import { parseStrictJson } from './strict-json-parser.ts'

const CONTENT_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i

/** Bodies are `application/json` in UTF-8 and nothing else, read without losing anything. */
export const strictJson = fp(
  async (app: FastifyInstance) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) => {
        refuseOtherEncodings(request)
        // Many clients announce JSON on a DELETE without sending any; schemas demand what is needed.
        if (body.length === 0) return undefined
        if (!isUtf8(body)) throw malformed('is not UTF-8')
        return parseStrictJson(body.toString('utf8'), malformed)
      },
    )
  },
  { name: 'strict-json' },
)

function refuseOtherEncodings(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' || !CONTENT_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE')
  }
}

function malformed(message: string): Refusal {
  return new Refusal('MALFORMED_JSON', { details: [{ path: '/', message }] })
}
