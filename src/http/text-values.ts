import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'
import { integerOf } from '../encoding/integers.ts'

type Validate = ReturnType<ReturnType<BuildCompilerFromPool>>
type Values = Record<string, unknown>

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  integer: integerOf,
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

/**
 * Wraps the validation of a query string or of path parameters, which are text: first reads each
 * integer and boolean of the schema from its text. A text that is neither stays unchanged and is
 * refused by its type, as is a parameter that is given twice. The parameters to read are determined
 * when the route is made.
 * @param schema an object whose properties state their `type` directly, not by a reference
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
    // Fastify looks for the faults here, where Ajv leaves them.
    validateText.errors = validate.errors ?? null
    return isValid
  }
  validateText.errors = null as Validate['errors'] | null
  return validateText as unknown as Validate
}
