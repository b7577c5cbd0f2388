/**
 * Rewrites the document so that client generators make plain types from it. They can't name a schema
 * without a title, take a number without a format for a small one (`float` in Go, `int` in Java, too
 * small for money), know a choice of texts only as an enum, and a choice of objects only as `oneOf`.
 * Every client can read the times in answers, but not every client can write a time as precisely as
 * it has read it. So a time that callers send is a text with a pattern. A client refuses a whole
 * answer if an enum in it has a value that is newer than the client. So answers have open enums.
 */
export function shapeForGenerators<T>(document: T): T {
  const { paths, components } = document as Document
  // Requests have no references yet, so all schemas that already have names belong to answers.
  const schemas = simplify(components.schemas, 'answered')
  const shaped = Object.entries(paths).map(([path, operations]) => {
    const simple = Object.entries(operations).map(([method, { responses, ...call }]) => {
      return [
        method,
        { ...simplify(call, 'sent'), responses: simplify(responses, 'answered') },
      ] as const
    })
    return [path, Object.fromEntries(simple)] as const
  })
  const made = {
    ...document,
    paths: Object.fromEntries(shaped),
    components: { ...components, schemas },
  }
  nameSchemas(made)
  return made
}

type Direction = 'sent' | 'answered'

interface Schema {
  $ref?: string
  title?: string
  description?: string
  type?: string | string[]
  format?: string
  pattern?: string
  enum?: unknown[]
  'x-extensible-enum'?: unknown[]
  required?: string[]
  minProperties?: number
  maximum?: number
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> }
}

interface Operation {
  operationId: string
  parameters?: { name: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, object>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const INT32_MAX = 2 ** 31 - 1

/**
 * Turns a choice of texts into one enum and a choice of objects into `oneOf`, gives nullable values two
 * types, gives numbers a format for their size, and makes a body optional if no field is required.
 */
function simplify<T>(node: T, direction: Direction): T {
  if (node === null || typeof node !== 'object') return node
  if (Array.isArray(node)) return node.map((item) => simplify(item, direction)) as T
  const { anyOf, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, simplify(value, direction)] as const),
  ) as Schema
  if (rest.requestBody !== undefined) {
    rest.requestBody.required = Object.values(rest.requestBody.content).some(
      ({ schema }) => schema.required !== undefined || schema.minProperties !== undefined,
    )
  }
  // A list with only one known text is a list because other texts may be added.
  if (direction === 'answered' && isTexts(rest.items)) rest.items = withOpenEnum(rest.items)
  if (anyOf === undefined) return simpleValue(rest, direction) as T
  const [first, second] = anyOf
  if (anyOf.every((choice) => choice.type === 'string' && choice.enum?.length === 1)) {
    const texts = { ...rest, type: 'string', enum: anyOf.flatMap((choice) => choice.enum) }
    return simpleValue(texts, direction) as T
  }
  const isNamed = first?.title !== undefined || first?.properties !== undefined
  if (
    anyOf.length === 2 &&
    second?.type === 'null' &&
    typeof first?.type === 'string' &&
    !isNamed
  ) {
    const values = first.enum && { enum: [...first.enum, null] }
    const texts = [rest.description, first.description].filter((text) => text !== undefined)
    const description = texts.length > 0 && { description: texts.join(' ') }
    return { ...first, ...rest, ...description, type: [first.type, 'null'], ...values } as T
  }
  const isNullable = anyOf.some(({ type }) => type === 'null')
  return { ...rest, [isNullable ? 'anyOf' : 'oneOf']: anyOf } as T
}

function simpleValue(schema: Schema, direction: Direction): Schema {
  if (schema.type === 'boolean') {
    const { enum: _, ...plain } = schema
    return plain
  }
  if (direction === 'answered') {
    return isTexts(schema) && schema.enum.length > 1 ? withOpenEnum(schema) : withFormat(schema)
  }
  if (schema.format !== 'date-time' || schema.pattern === undefined) return withFormat(schema)
  const { format: _, ...text } = schema
  return text
}

function withFormat(schema: Schema): Schema {
  if (schema.format !== undefined) return schema
  if (schema.type === 'number') return { ...schema, format: 'double' }
  if (schema.type !== 'integer') return schema
  const isSmall = schema.maximum !== undefined && schema.maximum <= INT32_MAX
  return { ...schema, format: isSmall ? 'int32' : 'int64' }
}

function isTexts(schema: Schema | undefined): schema is Schema & { enum: unknown[] } {
  return schema?.type === 'string' && Array.isArray(schema.enum)
}

/** Drops the title: the result is a plain text, for which generators need no type of its own. */
function withOpenEnum(schema: Schema & { enum: unknown[] }): Schema {
  const { title: _, enum: values, description, ...rest } = schema
  const known = values.map((value) => `\`${String(value)}\``).join(', ')
  const texts = [description, `One of ${known}; later versions may add others.`]
  return {
    ...rest,
    description: texts.filter((text) => text !== undefined).join(' '),
    'x-extensible-enum': values,
  }
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
      parameter.schema = named(parameter.schema, name + pascal(parameter.name))
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
    for (const choice of ['anyOf', 'oneOf'] as const) {
      const choices = schema[choice]
      if (choices !== undefined) schema[choice] = choices.map((one) => named(one, name))
    }
  }
}

/** Without a body's examples, which stand beside the reference instead. */
function meaning(schema: Schema): string {
  return JSON.stringify({ ...schema, examples: undefined })
}

function singular(name: string): string {
  return name.endsWith('s') ? name.slice(0, -1) : `${name}Item`
}

/** Turns `low_balance_at` into `LowBalanceAt`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|[^A-Za-z0-9])([A-Za-z0-9])/g, (_, first: string) =>
    first.toUpperCase(),
  )
}
