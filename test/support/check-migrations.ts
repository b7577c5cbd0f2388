import { readFileSync } from 'node:fs'
import { findDangers } from './migration-rules.ts'

/**
 * Fails for a migration that would stop a running service. Earlier migrations than this were made for
 * a database without traffic.
 */
const FIRST_CHECKED = 9

const { entries } = JSON.parse(readFileSync('drizzle/meta/_journal.json', 'utf8')) as {
  entries: { idx: number; tag: string }[]
}
for (const { tag } of entries.filter(({ idx }) => idx >= FIRST_CHECKED)) {
  for (const danger of findDangers(readFileSync(`drizzle/${tag}.sql`, 'utf8'))) {
    process.stderr.write(`drizzle/${tag}.sql  ${danger}\n`)
    process.exitCode = 1
  }
}
