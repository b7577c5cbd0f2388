import { type Document, type Operation, type Schema, operationsOf } from './document.ts'

/** The client of each scope, by the name of the security scheme that protects a call. */
const SCOPES = {
  public: null,
  customer: 'CustomerApiKey',
  admin: 'AdminToken',
  internal: 'InternalToken',
}

/** A method for each operation, with its text and the details of its request. */
export function operationsSource(document: Document): string {
  const all = operationsOf(document)
  const parts = [
    '// Made from openapi.json by `npm run openapi`.',
    "import type { Call, Operation } from '../call.ts'",
  ]
  for (const [scope, scheme] of Object.entries(SCOPES)) {
    const own = all.filter(({ operation: { security } }) =>
      scheme === null ? security.length === 0 : security.some((choice) => scheme in choice),
    )
    const methods = own.map(
      ({ operation }) =>
        `${comment(operation)}\n  ${operation.operationId}: Call<'${operation.operationId}'>`,
    )
    const calls = own.map(({ path, method, operation }) => {
      check(operation)
      const key = keyOf(document, operation)
      const how = [`method: '${method}'`, `path: '${path}'`, ...(key ? [`key: '${key}'`] : [])]
      const answer = answerOf(operation)
      if (answer !== 'json') how.push(`answer: '${answer}'`)
      const field = key && fieldOf(document, operation)
      if (field !== undefined) how.push(`field: '${field}'`)
      const isBare =
        operation.requestBody === undefined && ['post', 'put', 'patch'].includes(method)
      if (isBare) how.push('bare: true')
      return `  ${operation.operationId}: { ${how.join(', ')} },`
    })
    const name = scope[0]?.toUpperCase() + scope.slice(1)
    parts.push(`export interface ${name}Calls {\n${methods.join('\n')}\n}`)
    parts.push(
      `export const ${scope}Operations = {\n${calls.join('\n')}\n} as const satisfies Record<keyof ${name}Calls, Operation>`,
    )
  }
  return `${parts.join('\n\n')}\n`
}

/** The part that makes a call happen once, however often it is sent. */
function keyOf(document: Document, operation: Operation): string | undefined {
  if (operation.parameters?.some(({ name }) => name === 'Idempotency-Key')) return 'header'
  const { properties } = schemaOf(
    document,
    operation.requestBody?.content['application/json']?.schema.$ref,
  )
  if (properties?.['report_id'] !== undefined) return 'report'
  if (properties?.['reports'] !== undefined) return 'reports'
  if (properties?.['transfers'] !== undefined) return 'transfers'
  return undefined
}

function schemaOf(document: Document, ref: string | undefined): Schema {
  return (ref && document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)]) || {}
}

const TYPES = {
  'application/json': 'json',
  'text/plain': 'text',
  'application/octet-stream': 'bytes',
} as const

/** What a successful answer holds. */
function answerOf(operation: Operation): string {
  const types = contentsOf(operation).flatMap((content) => Object.keys(content))
  const [answer = 'none', ...others] = new Set(
    types.map((type) => {
      if (type in TYPES) return TYPES[type as keyof typeof TYPES]
      throw new Error(`${operation.operationId} answers ${type}, which the client does not read`)
    }),
  )
  if (others.length > 0) throw new Error(`${operation.operationId} has answers of several types`)
  return answer
}

/** A field that every successful answer has. */
function fieldOf(document: Document, operation: Operation): string | undefined {
  const lists = contentsOf(operation).map((content) => {
    return schemaOf(document, content['application/json']?.schema.$ref).required ?? []
  })
  return lists[0]?.find((name) => lists.every((required) => required.includes(name)))
}

function contentsOf({ responses }: Operation) {
  return Object.entries(responses).flatMap(([status, { content }]) =>
    status.startsWith('2') && content !== undefined ? [content] : [],
  )
}

/** A call's input is one flat object, so no field may have two meanings. */
function check(operation: Operation): void {
  const places = operation.parameters?.map((parameter) => parameter.in) ?? []
  if (operation.requestBody !== undefined && places.includes('query')) {
    throw new Error(`${operation.operationId} has both a query and a body`)
  }
}

function comment({ summary, description }: Operation): string {
  const lines = [`${summary}.`, ...(description === undefined ? [] : ['', description])]
  return `  /**\n${lines.map((line) => `   * ${line}`.trimEnd()).join('\n')}\n   */`
}
