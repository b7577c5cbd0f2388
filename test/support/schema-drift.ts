import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Fails when the tables in the code differ from those that the committed migrations make. */
const folder = mkdtempSync(join('node_modules', '.schema-drift-'))
try {
  cpSync('drizzle', folder, { recursive: true })
  const before = readdirSync(folder).length
  const flags = ['--dialect=postgresql', '--schema=./src/**/tables.ts', '--casing=snake_case']
  execFileSync('npx', ['drizzle-kit', 'generate', ...flags, `--out=${folder}`], { stdio: 'pipe' })
  if (readdirSync(folder).length !== before) {
    process.stderr.write('The tables have changed: run `npm run db:generate` and commit it\n')
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
