import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { slices } from '../scheduling/slices.ts'
import { stopAtFirstFault } from './validation.ts'

interface ObjectSchema {
  properties: Record<string, { items?: unknown }>
}

type Faults = readonly FastifySchemaValidationError[]

/**
 * For a body that is long by a list in it: checks all else first, the list's length with it, and then
 * one item after the other while others have their turn. Stops at the first fault. Takes schemas
 * without references.
 * @param list the name of the list among the body's properties, which the schema requires
 */
export function validateInSlices(list: string): FastifySchemaCompiler<FastifySchema> {
  return (definition) => {
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

/** Of an asynchronous check Fastify takes every result but false for a pass, `{ error }` as well. */
function refused(fault: FastifySchemaValidationError): Error {
  return Object.assign(new Error('does not match its schema'), { validation: [fault] })
}
