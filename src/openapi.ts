import { readFileSync, writeFileSync } from 'node:fs'
import { buildApp } from './app.ts'
import { readConfig } from './process/config.ts'
import { createLogger } from './http/logging.ts'

/** Writes `openapi.json`. With `--check`, fails if the file differs from the routes. */
const PATH = 'openapi.json'

const config = readConfig({ DATABASE_URL: 'postgres://localhost/unused' })
const app = await buildApp(config, createLogger('silent'))
await app.ready()
const document = `${JSON.stringify(app.swagger(), null, 2)}\n`
await app.close()

if (!process.argv.includes('--check')) {
  writeFileSync(PATH, document)
} else if (readFileSync(PATH, 'utf8') !== document) {
  process.stderr.write(`${PATH} is out of date: run \`npm run openapi\`\n`)
  process.exitCode = 1
}
