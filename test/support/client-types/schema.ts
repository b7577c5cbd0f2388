import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import type { Document } from './document.ts'

/** The types of the document: `paths`, `components`, `operations`. */
export async function schemaSource(document: Document): Promise<string> {
  const nodes = await openapiTS(JSON.stringify(document), {
    transform: (schema) => {
      const codes: unknown = 'x-extensible-enum' in schema && schema['x-extensible-enum']
      if (!Array.isArray(codes)) return undefined
      const values = codes.map((code) => ts.factory.createStringLiteral(String(code)))
      const isNullable = Array.isArray(schema.type) && schema.type.some((type) => type === 'null')
      return ts.factory.createUnionTypeNode(
        [...values, ...(isNullable ? [ts.factory.createNull()] : [])].map((value) =>
          ts.factory.createLiteralTypeNode(value),
        ),
      )
    },
  })
  return astToString(nodes)
}
