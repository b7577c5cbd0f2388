import type { Server } from 'node:http'
import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'
import type { FastifyHttpOptions, FastifySchema, FastifySchemaCompiler } from 'fastify'

/** `allErrors` names every fault at once; the body limit bounds what that can cost. */
const STRICT = { removeAdditional: false, useDefaults: false, coerceTypes: false, allErrors: true }

/** Text is all a query string or a path can hold: there `limit=5` is a number. */
const COERCING = { ...STRICT, coerceTypes: true }

/** One pool for the process: apps with the same schemas, as tests start by the dozen, compile once. */
const build: BuildCompilerFromPool = AjvCompiler()

const buildValidator: BuildCompilerFromPool = (sharedSchemas) => {
  const strict = build(sharedSchemas, { customOptions: STRICT })
  const coercing = build(sharedSchemas, { customOptions: COERCING })
  return (definition) => {
    const { httpPart } = definition
    return httpPart === 'body' || httpPart === 'headers' ? strict(definition) : coercing(definition)
  }
}

/**
 * For a body that may be large: naming every fault of megabytes would cost hundreds of them. Takes
 * schemas without references.
 */
export const stopAtFirstFault: FastifySchemaCompiler<FastifySchema> = build(
  {},
  { customOptions: { ...STRICT, allErrors: false } },
)

/**
 * Bodies and headers are taken as they are. Fastify's default would read `"5"` as 5, `null` as 0,
 * and drop a field it does not know.
 */
export const schemaController: NonNullable<FastifyHttpOptions<Server>['schemaController']> = {
  compilersFactory: { buildValidator },
}
