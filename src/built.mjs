// Whether dist/ is what a build of these sources would make: exit code 0 if so. A build calls it with
// --begin and --end, to note what it was made of. JavaScript that any Node.js of the last years reads,
// without a package.
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

/** What a build reads, besides the packages. */
const SOURCES = [
  'src',
  'patches',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]
const NOTE = 'dist/.built'
/** Of the sources as the build found them; those that change meanwhile are for the next one. */
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

/** By content: a checkout of other sources may leave them with an older time. */
function fingerprint() {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of SOURCES.flatMap(filesOf)) {
    const content = readFileSync(file)
    hash.update(`\0${file}\0${content.length}\0`).update(content)
  }
  // npm writes its list anew at each install, which undoes the patches.
  const installed = statSync('node_modules/.package-lock.json', { throwIfNoEntry: false })
  hash.update(`\0${installed?.mtimeMs}`)
  return hash.digest('hex')
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path]
  // Without toSorted() Node.js is too old, and the build says so.
  const names = readdirSync(path).toSorted?.() ?? []
  return names.flatMap((name) => filesOf(join(path, name)))
}
