import { readFileSync, writeFileSync } from 'node:fs'
import { readDocument } from './document.ts'
import { operationsSource } from './operations.ts'
import { schemaSource } from './schema.ts'

/**
 * Writes `src/client/generated/`. With `--check`, fails if it differs from what openapi.json
 * requires.
 */
const FOLDER = 'src/client/generated'

const document = readDocument('openapi.json')
const files = {
  'operations.ts': operationsSource(document),
  'schema.ts': await schemaSource(document),
}

for (const [name, source] of Object.entries(files)) {
  const path = `${FOLDER}/${name}`
  if (!process.argv.includes('--check')) {
    writeFileSync(path, source)
  } else if (readFileSync(path, 'utf8') !== source) {
    process.stderr.write(`${path} is out of date: run \`npm run openapi\`\n`)
    process.exitCode = 1
  }
}
