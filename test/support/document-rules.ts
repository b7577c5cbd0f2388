import { pascal } from '../../src/http/openapi-shapes.ts'

/** A part of an OpenAPI document: what a rule reads of it. */
export interface Node {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  examples?: unknown[]
  anyOf?: Node[]
  oneOf?: Node[]
  items?: Node
  properties?: Record<string, Node>
  additionalProperties?: Node | boolean
}

type Content = Record<string, { schema?: Node; example?: unknown; examples?: unknown }>

export interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: Record<string, unknown>[]
  parameters?: { name: string; schema: Node; example?: unknown; examples?: unknown }[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}

type Paths = Record<string, Record<string, Operation>>

export interface Document {
  paths: Paths
  webhooks?: Paths
  components: { schemas: Record<string, Node> }
}

interface Place {
  place: string
  node: Node
}

/**
 * What in an OpenAPI document some generator of clients can't make a good client of: each rule is
 * there because a generator failed without it, or a client of it. The guide on clients names them.
 * @returns one sentence for each fault, which begins with its place
 */
export function faultsOf(document: Document): string[] {
  return [...new Set(RULES.flatMap((rule) => [...rule(document)]))]
}

const RULES: readonly ((document: Document) => Iterable<string>)[] = [
  sentTimes,
  openEnums,
  choices,
  schemaNames,
  numberFormats,
  operations,
  statuses,
  examples,
]

/** Clients write times in their own ways: in whole seconds, or with an offset without a colon. */
function* sentTimes(document: Document): Iterable<string> {
  for (const { place, node } of sent(document)) {
    if (node.format === 'date-time') {
      yield `${place}: a time that callers send has a pattern instead of a format`
    }
  }
}

/** A client refuses a whole answer for a value that its enum does not have. */
function* openEnums(document: Document): Iterable<string> {
  for (const { place, node } of answered(document)) {
    const isOpen =
      !Array.isArray(node.enum) || (node.enum.length === 1 && !place.endsWith('/items'))
    if (!isOpen) yield `${place}: what may get another value in an answer has x-extensible-enum`
  }
}

function* choices(document: Document): Iterable<string> {
  for (const { place, node } of everything(document)) {
    if (node.type === 'boolean' && node.enum !== undefined) {
      yield `${place}: generators make types of their own of a boolean with one value`
    }
    if (node.anyOf !== undefined && (node.anyOf.length !== 2 || node.anyOf[1]?.type !== 'null')) {
      yield `${place}: a choice of objects is oneOf; anyOf is for an object or null`
    }
  }
}

/** Go has a function `New…` for each type, Rust a type for each enum beside that of its object. */
function* schemaNames(document: Document): Iterable<string> {
  const { schemas } = document.components
  const known = new Set<string>()
  for (const [name, { properties = {} }] of Object.entries(schemas)) {
    if (!/^[A-Z][A-Za-z]+$/.test(name)) yield `${name}: a schema's name is in PascalCase`
    if (/^(New|Nullable)[A-Z]|WithDefaults$/.test(name)) {
      yield `${name}: is what generators call a function or type of another schema`
    }
    if (known.has(name.toLowerCase())) yield `${name}: two schemas differ only in their case`
    known.add(name.toLowerCase())
    for (const [field, node] of Object.entries(properties)) {
      if (pascal(field) === name && node.enum !== undefined) {
        yield `${name}: its enum \`${field}\` has the same name`
      }
    }
  }
  for (const { place, node } of everything(document)) {
    if (node.properties !== undefined && !(place in schemas)) {
      yield `${place}: an object with fields has no name`
    }
  }
}

/** Without a format a number is a `float` in Go and an `int` in Java, too small for money. */
function* numberFormats(document: Document): Iterable<string> {
  for (const { place, node } of everything(document)) {
    const isNumber = [node.type].flat().some((type) => type === 'integer' || type === 'number')
    if (isNumber && !['int32', 'int64', 'double'].includes(node.format ?? '')) {
      yield `${place}: a number says how large it gets`
    }
  }
}

function* operations({ paths, webhooks = {} }: Document): Iterable<string> {
  const known = new Set<string>()
  for (const [place, { operationId = '', tags, summary }] of operationsOf({
    ...paths,
    ...webhooks,
  })) {
    if (!/^[a-z][A-Za-z]+$/.test(operationId)) yield `${place}: its operationId is in camelCase`
    if (known.has(operationId)) yield `${place}: another call has the same operationId`
    known.add(operationId)
    if (tags?.length !== 1) yield `${place}: its tag is its scope`
    if (summary === undefined || summary === '') yield `${place}: has no summary`
  }
}

/** What any call of a kind can answer; the routes name the rest. */
function* statuses({ paths }: Document): Iterable<string> {
  for (const [place, operation] of operationsOf(paths)) {
    const { responses, security = [], parameters = [] } = operation
    const isSigned = security.some((scheme) => 'StripeSignature' in scheme)
    const isReading = place.startsWith('GET ')
    const needed = ['500']
    if (!isReading || parameters.length > 0) needed.push('400')
    // A call without a body refuses one, but reads it first.
    if (!isReading) needed.push('413', ...(isSigned ? [] : ['415']))
    if (security.length > 0) needed.push('429', '503')
    const missing = needed.filter((status) => !(status in responses))
    if (missing.length > 0) yield `${place}: has no ${missing.join(', ')}`
    if (!Object.keys(responses).some((status) => status.startsWith('2'))) {
      yield `${place}: has no answer but refusals`
    }
    const isGuarded = security.length > 0 && !isSigned
    if (isGuarded && !('401' in responses) && !('403' in responses)) {
      yield `${place}: has no 401 or 403`
    }
    for (const [status, { content }] of Object.entries(responses)) {
      const isProbe = place.includes('/health')
      const ref = content?.['application/json']?.schema?.$ref
      if (/^[45]/.test(status) && !isProbe && ref !== '#/components/schemas/Error') {
        yield `${place}: its ${status} is not the one error shape`
      }
    }
  }
}

/** Pages, mocks and readers need an example of each parameter, body and answer, or of each of its fields. */
function* examples(document: Document): Iterable<string> {
  const all = { ...document.paths, ...document.webhooks }
  for (const [place, { parameters = [], requestBody, responses }] of operationsOf(all)) {
    for (const { name, schema, ...own } of parameters) {
      if (hasExample(own)) continue
      for (const field of withoutExample(document, schema, name)) yield `${place}: ${field}`
    }
    for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)]) {
      for (const [type, { schema = {}, ...own }] of Object.entries(content)) {
        if (hasExample(own) || type === 'application/octet-stream') continue
        for (const field of withoutExample(document, schema, type)) yield `${place}: ${field}`
      }
    }
  }
}

function hasExample(node: object): boolean {
  return ['example', 'examples', 'enum', 'x-extensible-enum', 'const', 'default'].some(
    (key) => key in node,
  )
}

function* withoutExample(document: Document, schema: Node, place: string): Iterable<string> {
  for (const { place: field, node, leave } of walk(document, schema, place)) {
    const types = [node.type].flat().filter((type) => type !== 'null')
    if (hasExample(node)) leave()
    else if (!isComposed(node) && !types.every((type) => type === 'boolean')) {
      yield `${field} has no example`
    }
  }
}

function isComposed(node: Node): boolean {
  const { $ref, anyOf, oneOf, items, properties = {}, additionalProperties } = node
  const isMap = typeof additionalProperties === 'object'
  return Boolean($ref ?? anyOf ?? oneOf ?? items) || isMap || Object.keys(properties).length > 0
}

function* sent(document: Document): Iterable<Place> {
  for (const [place, { parameters = [], requestBody }] of operationsOf(document.paths)) {
    for (const { name, schema } of parameters) yield* walk(document, schema, `${place} ${name}`)
    for (const { schema } of Object.values(requestBody?.content ?? {})) {
      yield* walk(document, schema ?? {}, `${place} body`)
    }
  }
}

function* answered(document: Document): Iterable<Place> {
  for (const [place, { responses }] of operationsOf(document.paths)) {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      for (const { schema } of Object.values(content)) {
        yield* walk(document, schema ?? {}, `${place} ${status}`)
      }
    }
  }
  for (const [place, { requestBody }] of operationsOf(document.webhooks ?? {})) {
    for (const { schema } of Object.values(requestBody?.content ?? {})) {
      yield* walk(document, schema ?? {}, place)
    }
  }
}

function* everything(document: Document): Iterable<Place> {
  yield* sent(document)
  yield* answered(document)
}

/** A schema and all inside it; what it refers to once, by its name. `leave` leaves out what is inside a node. */
function* walk(
  document: Document,
  schema: Node,
  place: string,
  seen = new Set<string>(),
): Generator<Place & { leave: () => void }> {
  let isLeft = false
  yield { place, node: schema, leave: () => void (isLeft = true) }
  if (isLeft) return
  const name = schema.$ref?.slice('#/components/schemas/'.length)
  if (name !== undefined) {
    if (seen.has(name)) return
    seen.add(name)
    yield* walk(document, document.components.schemas[name] ?? {}, name, seen)
  }
  const { items, additionalProperties, properties = {}, anyOf = [], oneOf = [] } = schema
  for (const [field, value] of Object.entries(properties)) {
    yield* walk(document, value, `${place}.${field}`, seen)
  }
  for (const choice of [...anyOf, ...oneOf]) yield* walk(document, choice, place, seen)
  if (items !== undefined) yield* walk(document, items, `${place}/items`, seen)
  if (typeof additionalProperties === 'object') {
    yield* walk(document, additionalProperties, `${place}/*`, seen)
  }
}

function operationsOf(paths: Paths): [place: string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
}
