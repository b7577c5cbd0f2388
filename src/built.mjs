// Exits with 0 if dist/ is up to date with the sources. A build calls it with --begin and --end, to
// note which sources it was made from. It uses no packages and only JavaScript that an old Node.js
// can run.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The files that a build reads, besides the packages. */
const SOURCES = [
  'src',
  'patches',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]
const NOTE = 'dist/.built'
/** The fingerprint at the start of a build: sources that change during it make dist/ outdated. */
const DRAFT = `${NOTE}.draft`

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [, , step] = process.argv
if (step === '--begin') {
  mkdirSync('dist', { recursive: true })
  rmSync(NOTE, { force: true })
  writeFileSync(DRAFT, fingerprint())
  process.stdout.write('Building; this takes half a minute, and only after a change.\n')
} else if (step === '--end') {
  renameSync(DRAFT, NOTE)
} else {
  process.exitCode = existsSync(NOTE) && readFileSync(NOTE, 'utf8') === fingerprint() ? 0 : 1
}

/** Hashes contents and not times, because a checkout may give changed files an older time. */
function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of SOURCES.flatMap(filesOf)) {
    const content = readFileSync(file)
    hash.update(`\0${file}\0${content.length}\0`).update(content)
  }
  // npm rewrites this list at each install, which also undoes the patches.
  const installed = statSync('node_modules/.package-lock.json', { throwIfNoEntry: false })
  hash.update(`\0${installed?.mtimeMs}`)
  return hash.digest('hex')
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path]
  // A Node.js without toSorted() is too old, which the build reports.
  const names = readdirSync(path).toSorted?.() ?? []
  return names.flatMap((name) => filesOf(join(path, name)))
}
