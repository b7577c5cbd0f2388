import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Token, tokenizer } from 'acorn'
import { transformSync } from 'esbuild'
import { checkSync } from 'recheck'

/**
 * `npm run check:regexes`: checks that every regular expression of the service, its client and its
 * schemas takes linear time. recheck proves each one, in pure JavaScript; an expression that can't be
 * proved fails too.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Far more than any proof takes on an idle machine; a longer one fails. */
const TIMEOUT_MS = 120_000

interface Found {
  place: string
  source: string
  flags: string
}

/**
 * Finds literals, and calls of `RegExp` with a text; any other call can't be checked and is reported.
 */
function* regexesOf(path: string): Generator<Found> {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', target: 'esnext' })
  const place = relative(ROOT, path)
  const options = { ecmaVersion: 'latest', sourceType: 'module' } as const
  // acorn's types lack a token's value.
  const tokens = [...tokenizer(code, options)] as (Token & { value: unknown })[]
  for (const [index, token] of tokens.entries()) {
    const { value } = token
    if (token.type.label === 'regexp') {
      const { pattern, flags } = value as { pattern: string; flags: string }
      yield { place, source: pattern, flags }
    } else if (value === 'RegExp' && tokens[index + 1]?.type.label === '(') {
      const argument = tokens[index + 2]
      const isText = argument?.type.label === 'string'
      if (!isText) throw new Error(`${place}: a regular expression that is made of parts`)
      yield { place, source: String(argument.value), flags: '' }
    }
  }
}

function* patternsOf(schema: unknown, place: string): Generator<Found> {
  if (schema === null || typeof schema !== 'object') return
  for (const [key, value] of Object.entries(schema)) {
    // Ajv compiles patterns with this flag.
    if (key === 'pattern' && typeof value === 'string') yield { place, source: value, flags: 'u' }
    else yield* patternsOf(value, `${place}/${key}`)
  }
}

const document: unknown = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8'))
const regexes = new Map<string, Found>()
const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
const sources = files
  .filter((name) => /\.m?[jt]s$/.test(name))
  .map((name) => join(ROOT, 'src', name))
for (const regex of [
  ...sources.flatMap((path) => [...regexesOf(path)]),
  ...patternsOf(document, ''),
]) {
  const key = `/${regex.source}/${regex.flags}`
  if (!regexes.has(key)) regexes.set(key, regex)
}

let faults = 0
for (const [regex, { place, source, flags }] of regexes) {
  const found = checkSync(source, flags, { timeout: TIMEOUT_MS })
  if (found.status === 'safe') continue
  faults++
  const complexity = found.status === 'vulnerable' ? found.complexity.summary : 'unknown'
  process.stderr.write(`${place}: ${regex} is ${complexity}\n`)
}
if (regexes.size < 50) throw new Error(`Only ${regexes.size} regular expressions found`)
if (faults > 0) process.exitCode = 1
