import { STATUS_CODES } from 'node:http'
import swagger, { type SwaggerTransformObject } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { PAGE_HEAD, PAGE_POLICY } from './docs/calls-page.ts'
import { REFUSALS, Refusal, type RefusalCode } from '../refusals/index.ts'
import { ErrorAnswer, ref } from './schemas.ts'
import { errorBody } from './errors.ts'
import { shapeForGenerators } from './openapi-shapes.ts'
import {
  EXAMPLE_REQUEST_ID,
  LIMIT_HEADERS,
  OPERATION_DESCRIPTIONS,
  REPLAYED_HEADER,
  RETRY_AFTER_HEADER,
  SECURITY_SCHEMES,
  SERVICE_DESCRIPTION,
  STRIPE_EVENT,
  TAGS,
} from './openapi-texts.ts'

interface RouteToDescribe {
  schema?: FastifySchema
  url: string
  route: RouteOptions
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For plugins: the document's field `webhooks`, by event type. */
    documentedWebhooks: Record<string, object>
  }
}

/** Makes the document from the routes' own schemas, so that it can't contradict them. */
export const openapi = fp(
  async (app: FastifyInstance, options: { version: string }) => {
    app.addSchema(ErrorAnswer)
    app.decorate('documentedWebhooks', {})
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
        components: { securitySchemes: SECURITY_SCHEMES },
      },
      transform: describeRoute,
      transformObject: (document) => {
        // Added after the shaping, which is meant only for the service's own operations.
        return { ...shapeDocument(document), webhooks: app.documentedWebhooks }
      },
      // Named schemas keep their names instead of becoming def-0, def-1, …
      refResolver: {
        buildLocalReference: (json, _baseUri, _fragment, index) =>
          typeof json.$id === 'string' ? json.$id : `def-${index}`,
      },
    })
  },
  { name: 'openapi', dependencies: ['errors'] },
)

/** `/openapi.json` and the page at `/docs`, which loads nothing from elsewhere. */
export async function documentationRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = reply.getHeader('content-type') === 'text/html; charset=utf-8'
    return isPage && typeof payload === 'string' ? payload.replace('</head>', PAGE_HEAD) : payload
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    // BaseLayout has no bar for opening documents of other servers.
    uiConfig: { layout: 'BaseLayout', defaultModelsExpandDepth: 0, displayRequestDuration: true },
    theme: { title: 'Strongroom API' },
  })
}

/** Adds what the routes' schemas leave out: every refusal that a route can answer, and headers. */
function describeRoute({ schema, url, route }: RouteToDescribe) {
  if (schema === undefined || schema.hide === true) return { schema: { hide: true }, url }
  const key = propertiesOf(schema.headers)['idempotency-key']
  const response: Record<string, unknown> = {}
  for (const [status, answer] of Object.entries(schema.response ?? {})) {
    const headers = key !== undefined && { headers: REPLAYED_HEADER }
    response[status] = { description: STATUS_CODES[status], ...(answer as object), ...headers }
  }
  const codes = refusalsOf(schema, route)
  for (const status of new Set(codes.map((code) => REFUSALS[code][0]))) {
    const group = codes.filter((code) => REFUSALS[code][0] === status)
    response[status] ??= describeRefusals(group, schema)
  }
  const body = route.config?.scope === 'stripe' ? STRIPE_EVENT : schema.body
  // Each call needs its own example key: with a shared one, the second call tried would be a 422.
  const headers = key !== undefined && { headers: withExample(schema, key) }
  const text = schema.description ?? OPERATION_DESCRIPTIONS[schema.operationId ?? '']
  const needs = needsOf(route)
  const sentences = [text, needs?.sentence].filter((one) => one !== undefined)
  const description = sentences.length > 0 && { description: sentences.join('\n\n') }
  const rest = propertiesOf(schema.params)['*']
  const described = {
    ...schema,
    // OpenAPI can't describe a wildcard, so the rest of the path becomes a parameter.
    ...(rest !== undefined && { params: { ...(schema.params as object), ...restOf(rest) } }),
    ...description,
    ...needs?.extension,
    ...headers,
    ...(body !== undefined && { body }),
  }
  return { schema: { ...described, response }, url: url.replace(/\*$/, ':path') }
}

function restOf(path: unknown) {
  return { properties: { path }, required: ['path'] }
}

/** What a route requires of its credential, as text and as data; undefined if it takes none. */
function needsOf({ config }: RouteOptions) {
  const { permission, adminPermission, scope } = config ?? {}
  if (permission === undefined) return undefined
  if (adminPermission !== undefined) {
    const sentence =
      `Needs a key with the scope \`${String(permission)}\`, or an operator’s token with the permission ` +
      `\`${adminPermission}\`.`
    return { sentence, extension: { 'x-scope': permission, 'x-permission': adminPermission } }
  }
  if (scope === 'customer') {
    const sentence = `Needs a key with the scope \`${String(permission)}\`.`
    return {
      sentence: permission === null ? undefined : sentence,
      extension: { 'x-scope': permission },
    }
  }
  const sentence =
    permission === null
      ? 'Takes any token of its scope.'
      : typeof permission === 'object'
        ? `Needs a token with one of the permissions ${permission.map((one) => `\`${one}\``).join(', ')}.`
        : `Needs a token with the permission \`${permission}\`.`
  return { sentence, extension: { 'x-permission': permission } }
}

function withExample(schema: FastifySchema, key: unknown) {
  const example = { ...(key as object), examples: [`${schema.operationId}-1001`] }
  const { 'idempotency-key': _, ...others } = propertiesOf(schema.headers)
  const properties = { ...others, 'Idempotency-Key': example }
  return { ...(schema.headers as object), properties }
}

/** A route's own refusals, those of its scope, and those of any route of its kind. */
function refusalsOf(schema: FastifySchema, route: RouteOptions): RefusalCode[] {
  const codes = new Set<RefusalCode>(route.config?.refusals)
  if (schema.params ?? schema.querystring) codes.add('VALIDATION_FAILED')
  const isReading = ['GET', 'HEAD'].includes(String(route.method))
  // A call that takes no body still reads and refuses one. Stripe's body is only bytes with a
  // signature.
  if (!isReading && route.config?.scope !== 'stripe') {
    codes.add('VALIDATION_FAILED').add('MALFORMED_JSON')
    codes.add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE')
  }
  codes.add('INTERNAL_ERROR')
  if (route.config?.scope !== 'public') codes.add('DATABASE_UNAVAILABLE').add('TIMEOUT')
  const writes = route.config?.writes ?? !isReading
  if (writes) codes.add('OUTCOME_UNKNOWN')
  return [...codes]
}

/** All refusals with one status, each with an example. */
function describeRefusals(codes: readonly RefusalCode[], schema: FastifySchema) {
  const examples = codes.map((code) => {
    const value = errorBody(exampleOf(code, schema), EXAMPLE_REQUEST_ID)
    return [code, { summary: code, value }] as const
  })
  const [only, ...others] = examples
  return {
    description: codes.map((code) => `\`${code}\` ${REFUSALS[code][1]}`).join('\n\n'),
    ...(codes.some((code) => REFUSALS[code][0] === 503) && { headers: RETRY_AFTER_HEADER }),
    ...(codes.includes('RATE_LIMITED') && { headers: LIMIT_HEADERS }),
    content: {
      'application/json': {
        schema: ref(ErrorAnswer),
        ...(others.length === 0
          ? { example: only?.[1].value }
          : { examples: Object.fromEntries(examples) }),
      },
    },
  }
}

function exampleOf(code: RefusalCode, schema: FastifySchema): Refusal {
  if (code !== 'VALIDATION_FAILED') return new Refusal(code)
  const [place] = Object.keys(propertiesOf(schema.body ?? schema.params ?? schema.querystring))
  return new Refusal(code, { details: [{ path: `/${place ?? ''}`, message: 'is not valid' }] })
}

function propertiesOf(schema: unknown): Record<string, unknown> {
  return (schema as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}
}

function shapeDocument(
  document: Parameters<SwaggerTransformObject>[0],
): ReturnType<SwaggerTransformObject> {
  const made = 'openapiObject' in document ? document.openapiObject : document.swaggerObject
  return shapeForGenerators(made)
}
