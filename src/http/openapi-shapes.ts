/**
 * Rewrites the document so that client generators make plain types from it. They can't name a schema
 * without a title, take a number without a format for a small one (`float` in Go, `int` in Java, too
 * small for money), and know a choice of texts only as an enum.
 */
export function shapeForGenerators<T>(document: T): T {
  const simple = simplify(document)
  nameSchemas(simple as Document)
  return simple
}

interface Schema {
  $ref?: string
  title?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  required?: string[]
  minProperties?: number
  maximum?: number
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> }
}

interface Operation {
  operationId: string
  parameters?: { schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const INT32_MAX = 2 ** 31 - 1

/**
 * Turns a choice of texts into one enum, gives nullable values two types, gives numbers a format for
 * their size, and makes a body optional if no field is required.
 */
function simplify<T>(node: T): T {
  if (node === null || typeof node !== 'object') return node
  if (Array.isArray(node)) return node.map(simplify) as T
  const { anyOf, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, simplify(value)] as const),
  ) as Schema
  if (rest.requestBody !== undefined) {
    rest.requestBody.required = Object.values(rest.requestBody.content).some(
      ({ schema }) => schema.required !== undefined || schema.minProperties !== undefined,
    )
  }
  if (anyOf === undefined) return withFormat(rest) as T
  const [first, second] = anyOf
  if (anyOf.every((choice) => choice.type === 'string' && choice.enum?.length === 1)) {
    return { ...rest, type: 'string', enum: anyOf.flatMap((choice) => choice.enum) } as T
  }
  const isNamed = first?.title !== undefined || first?.properties !== undefined
  if (
    anyOf.length === 2 &&
    second?.type === 'null' &&
    typeof first?.type === 'string' &&
    !isNamed
  ) {
    const values = first.enum && { enum: [...first.enum, null] }
    return { ...first, ...rest, type: [first.type, 'null'], ...values } as T
  }
  return { ...rest, anyOf } as T
}

function withFormat(schema: Schema): Schema {
  if (schema.format !== undefined) return schema
  if (schema.type === 'number') return { ...schema, format: 'double' }
  if (schema.type !== 'integer') return schema
  const isSmall = schema.maximum !== undefined && schema.maximum <= INT32_MAX
  return { ...schema, format: isSmall ? 'int32' : 'int64' }
}

/**
 * Moves every object with fields, and every other schema with a title, to the named schemas. The
 * title is the name. Without a title, bodies are named after their operation (`DeductRequest`), and
 * other schemas after their place (`MeKey`, `CustomerExportReport`).
 */
function nameSchemas({ paths, components: { schemas } }: Document): void {
  for (const [name, schema] of Object.entries(schemas)) nameInside(schema, name)
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    const name = pascal(operation.operationId)
    for (const parameter of operation.parameters ?? []) {
      parameter.schema = named(parameter.schema, name)
    }
    for (const media of Object.values(operation.requestBody?.content ?? {})) {
      media.schema = named(media.schema, `${name}Request`)
    }
  }

  function named(schema: Schema, place: string): Schema {
    nameInside(schema, place)
    if (schema.title === undefined && schema.properties === undefined) return schema
    const { title = place, ...content } = schema
    // A schema made from another, as by Type.Omit, keeps the other's title.
    const name = [title, place].find((free) => {
      const known = schemas[free]
      return known === undefined || meaning(known) === meaning(content)
    })
    if (name === undefined) throw new Error(`Two schemas are called ${title}: retitle one`)
    schemas[name] = content
    return { $ref: `#/components/schemas/${name}` }
  }

  function nameInside(schema: Schema, name: string): void {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      const isList = key === 'data' && value.items !== undefined
      schema.properties![key] = named(value, isList ? name : name + pascal(key))
    }
    if (schema.items !== undefined) schema.items = named(schema.items, singular(name))
    if (typeof schema.additionalProperties === 'object') {
      schema.additionalProperties = named(schema.additionalProperties, `${name}Value`)
    }
    if (schema.anyOf !== undefined) schema.anyOf = schema.anyOf.map((choice) => named(choice, name))
  }
}

/** Without a body's examples, which stand beside the reference instead. */
function meaning(schema: Schema): string {
  return JSON.stringify({ ...schema, examples: undefined })
}

function singular(name: string): string {
  return name.endsWith('s') ? name.slice(0, -1) : `${name}Item`
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|[^A-Za-z0-9])([A-Za-z0-9])/g, (_, first: string) =>
    first.toUpperCase(),
  )
}
