import type { Server } from 'node:http'
import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'
import type { FastifyHttpOptions, FastifySchema, FastifySchemaCompiler } from 'fastify'
import { isEmail } from './email.ts'
import { buildSerializer } from './serialization.ts'
import { readText } from './text-values.ts'

/** `allErrors` reports every fault at once; the body limit bounds what that can cost. */
const STRICT = {
  removeAdditional: false,
  useDefaults: false,
  coerceTypes: false,
  allErrors: true,
  // With this, each fault includes its schema, from which the message is made.
  verbose: true,
  formats: { 'idn-email': isEmail },
} as const

/**
 * One pool for the process: tests start dozens of apps with the same schemas, which then compile
 * once.
 */
const build: BuildCompilerFromPool = AjvCompiler()

const buildValidator: BuildCompilerFromPool = (sharedSchemas) => {
  const compile = build(sharedSchemas, { customOptions: STRICT })
  return (definition) => {
    const validate = compile(definition)
    const isText = definition.httpPart === 'querystring' || definition.httpPart === 'params'
    return isText ? readText(definition.schema, validate) : validate
  }
}

/** For what a route's own compiler leaves alone, and what is judged as another call's whole body. */
export const namingAllFaults: FastifySchemaCompiler<FastifySchema> = build(
  {},
  { customOptions: STRICT },
)

/**
 * For a body that may be large: naming every fault of megabytes would cost hundreds of megabytes.
 * Takes schemas without references.
 */
export const stopAtFirstFault: FastifySchemaCompiler<FastifySchema> = build(
  {},
  { customOptions: { ...STRICT, allErrors: false } },
)

/**
 * Bodies and headers are taken as they are, and texts are converted only to types that a schema asks
 * for. Fastify's default would read `"5"` as 5, `null` as 0 and `Infinity` past every bound, and
 * would drop unknown fields.
 */
export const schemaController: NonNullable<FastifyHttpOptions<Server>['schemaController']> = {
  compilersFactory: { buildValidator, buildSerializer },
}
