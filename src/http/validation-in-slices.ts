import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { slices } from '../scheduling/slices.ts'
import { namingAllFaults, stopAtFirstFault } from './validation.ts'

interface ObjectSchema {
  properties: Record<string, { items?: unknown }>
}

type Faults = readonly FastifySchemaValidationError[]

/**
 * Validates a body that is long because of a list in it. First checks everything else, including the
 * list's length, and then one item after another, with turns for other requests in between. Stops at
 * the first fault. Takes schemas without references.
 * @param list the name of the list among the body's properties, which the schema requires
 */
export function validateInSlices(list: string): FastifySchemaCompiler<FastifySchema> {
  return (definition) => {
    if (definition.httpPart !== 'body') return namingAllFaults(definition)
    const { properties, ...others } = definition.schema as ObjectSchema
    const { items, ...listed } = properties[list] ?? {}
    const compile = (schema: object) => {
      const check = stopAtFirstFault({ ...definition, schema })
      return (data: unknown): Faults => (check(data) === true ? [] : (check.errors ?? []))
    }
    const checkOutside = compile({ ...others, properties: { ...properties, [list]: listed } })
    const checkItem = compile(items as object)

    const check = async (body: Record<string, unknown[]>) => {
      const [fault] = checkOutside(body)
      if (fault !== undefined) throw refused(fault)
      const pause = slices()
      for (const [index, item] of (body[list] ?? []).entries()) {
        await pause()
        const [wrong] = checkItem(item)
        if (wrong === undefined) continue
        throw refused({ ...wrong, instancePath: `/${list}/${index}${wrong.instancePath}` })
      }
    }
    return check as unknown as ReturnType<FastifySchemaCompiler<FastifySchema>>
  }
}

/** Fastify takes every result of an asynchronous check except false for a pass, also `{ error }`. */
function refused(fault: FastifySchemaValidationError): Error {
  return Object.assign(new Error('does not match its schema'), { validation: [fault] })
}
