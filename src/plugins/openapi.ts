import { STATUS_CODES } from 'node:http'
import swagger, { type SwaggerTransformObject } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { REFUSALS, type RefusalCode } from '../refusals.ts'
import { ErrorAnswer, ref } from '../schemas.ts'
import { SERVICE_DESCRIPTION, TAGS } from './openapi-texts.ts'

interface RouteToDescribe {
  schema?: FastifySchema
  url: string
  route: RouteOptions
}

/** The document is made from the routes' own schemas, so that it can not say anything else. */
export const openapi = fp(
  async (app: FastifyInstance, options: { version: string }) => {
    app.addSchema(ErrorAnswer)
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Strongroom',
          version: options.version,
          description: SERVICE_DESCRIPTION,
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: '/', description: 'This server' }],
        tags: TAGS,
        components: {
          securitySchemes: {
            ApiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
            AdminToken: { type: 'http', scheme: 'bearer' },
            InternalToken: { type: 'apiKey', in: 'header', name: 'X-INTERNAL-TOKEN' },
            StripeSignature: { type: 'apiKey', in: 'header', name: 'Stripe-Signature' },
          },
        },
      },
      transform: describeAnswers,
      transformObject: describeOptionalBodies,
      // Named schemas keep their names instead of becoming def-0, def-1, …
      refResolver: {
        buildLocalReference: (json, _baseUri, _fragment, index) =>
          typeof json.$id === 'string' ? json.$id : `def-${index}`,
      },
    })
  },
  { name: 'openapi' },
)

/** `/openapi.json` and the page at `/docs`, which loads nothing from elsewhere. */
export async function documentationRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { docExpansion: 'list', tagsSorter: undefined, defaultModelsExpandDepth: 0 },
    theme: { title: 'Strongroom API' },
  })
}

/** A body of which nothing is needed may be left out; the plugin calls every body required. */
function describeOptionalBodies(
  document: Parameters<SwaggerTransformObject>[0],
): ReturnType<SwaggerTransformObject> {
  if (!('openapiObject' in document)) return document.swaggerObject
  for (const path of Object.values(document.openapiObject.paths ?? {})) {
    const body = path?.post?.requestBody
    if (body === undefined || '$ref' in body) continue
    const schema = body.content['application/json']?.schema
    if (schema === undefined || '$ref' in schema) continue
    body.required = schema.required !== undefined || schema.minProperties !== undefined
  }
  return document.openapiObject
}

/** Adds every refusal that a route can answer: its own, its scope's and those of any route. */
function describeAnswers({ schema, url, route }: RouteToDescribe) {
  if (schema === undefined || schema.hide === true) return { schema: { hide: true }, url }
  const codes = new Set<RefusalCode>(route.config?.refusals)
  if (schema.body ?? schema.params ?? schema.querystring) codes.add('VALIDATION_FAILED')
  if (schema.body !== undefined) {
    codes.add('MALFORMED_JSON').add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE')
  }
  codes.add('INTERNAL_ERROR').add('DATABASE_UNAVAILABLE').add('TIMEOUT')

  const response: Record<string, unknown> = {}
  for (const [status, answer] of Object.entries(schema.response ?? {})) {
    response[status] = { description: STATUS_CODES[status], ...(answer as object) }
  }
  for (const status of new Set([...codes].map((code) => REFUSALS[code][0]))) {
    const group = [...codes].filter((code) => REFUSALS[code][0] === status)
    response[status] ??= {
      description: group.map((code) => `\`${code}\` ${REFUSALS[code][1]}`).join('\n\n'),
      content: { 'application/json': { schema: ref(ErrorAnswer) } },
    }
  }
  return { schema: { ...schema, response }, url }
}
