import { readFileSync } from 'node:fs'

export interface Schema {
  $ref?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  'x-extensible-enum'?: string[]
}

export interface Operation {
  operationId: string
  summary: string
  description?: string
  security: Record<string, unknown>[]
  parameters?: { in: string; name: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

export interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** The document without its refusals: the client throws them, so no answer needs their types. */
export function readDocument(path: string): Document {
  const document = JSON.parse(readFileSync(path, 'utf8')) as Document
  for (const { operation } of operationsOf(document)) {
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses).filter(([status]) => Number(status) < 400),
    )
  }
  return document
}

export function operationsOf(document: Document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
}
