import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../refusals/index.ts'
import { parseLongStrictJson, parseStrictJson } from './strict-json-parser.ts'

/** The body limit of most routes. A longer body is read in slices. */
export const SHORT_BYTES_MAX = 65_536

const CONTENT_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i

/** Accepts only bodies of `application/json` in UTF-8, and reads them without losing anything. */
export const strictJson = fp(
  async (app: FastifyInstance) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (request: FastifyRequest, body: Buffer, done) => {
        if (body.length > SHORT_BYTES_MAX) return readLong(request, body)
        try {
          done(null, read(request, body))
        } catch (error) {
          done(error as Refusal)
        }
        return undefined
      },
    )
    app.addHook('preValidation', (request, _reply, done) => {
      // A scope that reads raw bodies checks them itself.
      if (Buffer.isBuffer(request.body)) return done()
      const takesBody = request.routeOptions.schema?.body !== undefined
      // A missing body counts as an empty one, and the schema decides whether that is enough.
      if (takesBody && request.body === undefined) request.body = {}
      done(takesBody || isEmpty(request.body) ? undefined : unexpectedBody())
    })
  },
  { name: 'strict-json' },
)

function read(request: FastifyRequest, body: Buffer): unknown {
  const text = textOf(request, body)
  // Many clients announce JSON on a DELETE without sending any.
  return text === '' ? undefined : parseStrictJson(text, malformed)
}

async function readLong(request: FastifyRequest, body: Buffer): Promise<unknown> {
  return parseLongStrictJson(textOf(request, body), malformed)
}

/**
 * A body as text.
 * @throws Refusal `UNSUPPORTED_MEDIA_TYPE` or `MALFORMED_JSON`
 */
export function textOf(request: FastifyRequest, body: Buffer): string {
  refuseOtherEncodings(request)
  if (!isUtf8(body)) throw malformed('is not UTF-8')
  return body.toString('utf8')
}

function refuseOtherEncodings(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' || !CONTENT_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE')
  }
}

/** Many clients send an empty object where nothing is to be said. */
function isEmpty(body: unknown): boolean {
  if (body === undefined) return true
  return (
    typeof body === 'object' &&
    body !== null &&
    !Array.isArray(body) &&
    Object.keys(body).length === 0
  )
}

/** Unknown fields are refused, and so is a whole body where none is expected. */
function unexpectedBody(): Refusal {
  return new Refusal('VALIDATION_FAILED', {
    details: [{ path: '/', message: 'must be left out: this call takes no body' }],
  })
}

export function malformed(message: string): Refusal {
  return new Refusal('MALFORMED_JSON', { details: [{ path: '/', message }] })
}
