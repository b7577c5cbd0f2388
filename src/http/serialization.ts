import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'

type BuildSerializer = ReturnType<typeof SerializerSelector>
type Serializer = (data: unknown) => string

const build = SerializerSelector()

/** By the text of a schema and of those that it refers to; one for the process, as for validators. */
const made = new Map<string, Serializer>()

/**
 * Makes each serializer once. Nearly every response of nearly every route is the same error, and Fastify
 * would compile each of these thousands anew, each with all shared schemas.
 */
export const buildSerializer: BuildSerializer = (shared, options) => {
  const known = new Map<string, Serializer>()
  return (definition) => {
    const text = JSON.stringify(definition.schema)
    const again = known.get(text)
    if (again !== undefined) return again
    const needed = referredTo(text, shared as Record<string, object>)
    const key = text + JSON.stringify(needed)
    const serializer = made.get(key) ?? (build(needed, options)(definition) as Serializer)
    made.set(key, serializer)
    known.set(text, serializer)
    return serializer
  }
}

/** The shared schemas that a schema refers to, and those that they refer to in turn. */
function referredTo(text: string, shared: Record<string, object>): Record<string, object> {
  const needed: Record<string, object> = {}
  const texts = [text]
  for (let next = texts.pop(); next !== undefined; next = texts.pop()) {
    for (const [, id = ''] of next.matchAll(/"\$ref":"([^"#]+)#?/g)) {
      const schema = shared[id]
      if (schema === undefined || id in needed) continue
      needed[id] = schema
      texts.push(JSON.stringify(schema))
    }
  }
  return needed
}
