import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A test file or a script whose counts go into the report. */
export interface Part {
  /** Its path in `test/`, without the ending. */
  name: string
  file: string
  /** The numbers of the promises that it is about. */
  promises: string[]
  isTest: boolean
}

/** Of no promise, and long: only by name. */
const BY_NAME = ['funds/finding/scale', 'pages/scale', 'process/npm-scripts', 'release/release']

const SCRIPTS = [
  'drills/attack',
  'drills/failover',
  'drills/replicas',
  'drills/restore',
  'history/run',
]

/** All parts, by the first promise that each is about; those of none come last. */
export function allParts(): Part[] {
  const tests = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.test.ts'.length))
    .map((name) => partOf(name, join('test', `${name}.test.ts`), true))
    .filter(({ file }) => /support\/counts\.ts'/.test(readFileSync(file, 'utf8')))
  const scripts = SCRIPTS.map((name) => partOf(name, join('test', `${name}.ts`), false))
  const order = ({ promises }: Part) => Math.min(...promises.map(Number), 1_000)
  return [...tests, ...scripts].toSorted(
    (a, b) => order(a) - order(b) || a.name.localeCompare(b.name),
  )
}

function partOf(name: string, file: string, isTest: boolean): Part {
  const text = readFileSync(file, 'utf8')
  const promises = [...text.matchAll(/promise: '([\d, ]*)'/g)].flatMap(([, list = '']) =>
    list.split(', ').filter((number) => number !== ''),
  )
  return { name, file, promises: [...new Set(promises)], isTest }
}

/** What a whole run has. */
export function wholeRun(parts: readonly Part[]): Part[] {
  return parts.filter(({ name }) => !BY_NAME.includes(name))
}

/**
 * The parts of given names: a promise's number, a file, or what begins or ends like a part's name.
 * @throws Error for a name of none
 */
export function partsNamed(names: readonly string[], parts: readonly Part[]): Part[] {
  const chosen = names.flatMap((name) => {
    const path = name.replace(/^test\//, '').replace(/(?:\.test)?\.ts$/, '')
    const found = parts.filter(
      (part) =>
        part.promises.includes(name) ||
        part.name === path ||
        part.name.startsWith(`${name}/`) ||
        part.name.endsWith(`/${name}`) ||
        (name === 'history' && part.name === 'history/run'),
    )
    if (found.length > 0) return found
    throw new Error(`No part is called ${name}; there are:\n${parts.map((p) => p.name).join('\n')}`)
  })
  return parts.filter((part) => chosen.includes(part))
}
