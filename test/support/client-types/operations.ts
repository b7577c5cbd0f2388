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
      if (!isJson(operation)) how.push('text: true')
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
  const { properties } = bodyOf(document, operation)
  if (properties?.['report_id'] !== undefined) return 'report'
  if (properties?.['reports'] !== undefined) return 'reports'
  if (properties?.['transfers'] !== undefined) return 'transfers'
  return undefined
}

function bodyOf(document: Document, operation: Operation): Schema {
  const ref = operation.requestBody?.content['application/json']?.schema.$ref
  return (ref && document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)]) || {}
}

function isJson({ responses }: Operation): boolean {
  return Object.values(responses).every(
    ({ content }) => content === undefined || 'application/json' in content,
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
