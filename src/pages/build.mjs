// Builds the pages into dist/pages: scripts and styles with a hash in their names, each also compressed.
// Does nothing where neither the sources nor what builds them have changed.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const out = join(root, 'dist/pages')
const stamp = join(out, '.sources')

const ENTRIES = { console: 'console/main.tsx', portal: 'portal/main.tsx' }

const hash = createHash('sha256')
for (const path of [
  ...filesIn(here),
  ...filesIn(join(root, 'src/client')),
  join(root, 'src/encoding/canonical-json.ts'),
  join(root, 'src/audit/verifier.ts'),
  join(root, 'package-lock.json'),
]) {
  hash.update(relative(root, path)).update(readFileSync(path))
}
const sources = hash.digest('hex')
// Vite needs this version.
const NODE_MIN = [20, 19]
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) await build()
  else
    process.stderr.write(
      `The console and the portal were not built: building needs Node.js ${NODE_MIN.join('.')}\n`,
    )
}

async function build() {
  const vite = await import('vite')
  rmSync(out, { recursive: true, force: true })
  const built = await vite.build({
    root: here,
    configFile: false,
    logLevel: 'warn',
    // Chunks find each other relative to themselves, wherever the service is reached.
    base: './',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: false,
      sourcemap: false,
      rollupOptions: {
        input: Object.fromEntries(
          Object.entries(ENTRIES).map(([name, path]) => [name, join(here, path)]),
        ),
        output: {
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
  })
  const { output } = Array.isArray(built) ? built[0] : built
  const entries = {}
  for (const chunk of output) {
    if (chunk.type !== 'chunk' || !chunk.isEntry) continue
    const all = [chunk, ...chunk.imports.map((name) => output.find((one) => one.fileName === name))]
    const styles = all.flatMap((one) => [...(one?.viteMetadata?.importedCss ?? [])])
    const bare = (name) => name.replace('assets/', '')
    entries[chunk.name] = { script: bare(chunk.fileName), styles: styles.map(bare) }
  }
  writeFileSync(join(out, 'assets/icon.svg'), readFileSync(join(here, 'icon.svg')))
  for (const path of filesIn(join(out, 'assets'))) {
    const bytes = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
  }
  writeFileSync(join(out, 'entries.json'), JSON.stringify(entries))
  writeFileSync(stamp, sources)
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted()
}
