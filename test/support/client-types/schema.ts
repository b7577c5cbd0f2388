import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import type { Document } from './document.ts'

/** The types of the document: `paths`, `components`, `operations`. */
export async function schemaSource(document: Document): Promise<string> {
  const nodes = await openapiTS(JSON.stringify(document), {
    transform: (schema) => {
      const codes: unknown = 'x-extensible-enum' in schema && schema['x-extensible-enum']
      if (!Array.isArray(codes)) return undefined
      return ts.factory.createUnionTypeNode(
        codes.map((code) =>
          ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(String(code))),
        ),
      )
    },
  })
  return astToString(nodes)
}
