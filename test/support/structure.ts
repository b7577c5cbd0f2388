import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * `npm run structure` draws the folders of `src/`, and their dependencies, into ARCHITECTURE.md. With
 * `--check` it changes nothing, and fails if the picture is not current.
 */
const FILE = 'ARCHITECTURE.md'
const PICTURE = /(<!-- structure: npm run structure -->\n)[^]*?(<!-- \/structure -->)/

const LAYERS = JSON.parse(readFileSync('src/layers.json', 'utf8')) as Record<string, string[]>
const WINGS: Record<string, string[]> = {
  ...LAYERS,
  'ways in': ['app', 'server', 'worker', 'cli', 'strongroom'],
}

const drawn = draw(modulesOf('src'))
const text = readFileSync(FILE, 'utf8')
if (!PICTURE.test(text)) throw new Error(`${FILE} has no place for the picture`)
const next = text.replace(PICTURE, `$1\n${drawn}\n\n$2`)
if (next === text) process.exit(0)
if (process.argv.includes('--check')) {
  process.stderr.write(`${FILE} is out of date: run \`npm run structure\`\n`)
  process.exit(1)
}
writeFileSync(FILE, next)

interface Module {
  source: string
  dependencies: { resolved: string }[]
}

/** Runs the command, because its swc does not work under a loader. */
function modulesOf(folder: string): Module[] {
  const settings = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', folder]
  const { stdout } = spawnSync('npx', ['depcruise', ...settings], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  })
  return (JSON.parse(stdout) as { modules: Module[] }).modules
}

/** A box for each layer with its folders, and an arrow to each layer that it imports. */
function draw(modules: readonly Module[]): string {
  const wings = Object.entries(WINGS)
  const wingOf = new Map(wings.flatMap(([wing, folders]) => folders.map((name) => [name, wing])))
  const service = modules.filter(({ source }) => !source.startsWith('src/client/'))
  const known = service.flatMap(({ source, dependencies }) => {
    const from = wingOf.get(folderOf(source)) ?? 'ways in'
    const to = dependencies.map(({ resolved }) => wingOf.get(folderOf(resolved)) ?? 'ways in')
    return to.filter((one) => one !== from).map((one) => `  ${idOf(from)} --> ${idOf(one)}`)
  })
  const boxes = wings.toReversed().map(([wing, folders]) => {
    return `  ${idOf(wing)}["<b>${wing}</b><br>${folders.join(', ')}"]`
  })
  const arrows = [...new Set(known)].toSorted()
  return ['```mermaid', 'flowchart TD', ...boxes, ...arrows, '```'].join('\n')
}

function folderOf(path: string): string {
  const [, first = '', second] = path.split('/')
  return second === undefined ? first.replace(/\.\w+$/, '') : first
}

function idOf(wing: string): string {
  return wing.replace(' ', '_')
}
