import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'
import { integerOf } from '../encoding/integers.ts'

type Validate = ReturnType<ReturnType<BuildCompilerFromPool>>
type Values = Record<string, unknown>

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  integer: integerOf,
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

/**
 * A validation of what only text can hold, a query string or the parameters of a path: before it,
 * each integer and boolean of the schema is read from its text. What is none stays as it is, as does
 * a parameter that is given twice, and is refused by its type. Which parameters are read is known
 * when the route is made.
 * @param schema an object whose properties have their `type` themselves, and not by a reference
 */
export function readText(schema: unknown, validate: Validate): Validate {
  const properties = (schema as { properties?: Values } | null)?.properties ?? {}
  const read = Object.entries(properties).flatMap(([name, property]) => {
    const reader = READERS[(property as { type?: string }).type ?? '']
    return reader === undefined ? [] : [[name, reader] as const]
  })
  if (read.length === 0) return validate

  const validateText = (values: Values) => {
    for (const [name, reader] of read) {
      const value = values[name]
      if (typeof value === 'string') values[name] = reader(value) ?? value
    }
    const isValid = validate(values)
    // Fastify looks for the faults here, as Ajv leaves them.
    validateText.errors = validate.errors ?? null
    return isValid
  }
  validateText.errors = null as Validate['errors'] | null
  return validateText as unknown as Validate
}
