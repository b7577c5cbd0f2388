import { readFileSync } from 'node:fs'
import { type Document, faultsOf } from './document-rules.ts'

/** Part of `npm run check:openapi`: fails if openapi.json breaks a rule for generated clients. */
const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document
const faults = faultsOf(document)
for (const fault of faults) process.stderr.write(`openapi.json: ${fault}\n`)
if (faults.length > 0) process.exitCode = 1
