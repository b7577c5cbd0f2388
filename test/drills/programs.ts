import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Part } from './parts.ts'

/** A program that a part starts, and where it comes from. */
interface Program {
  /** Its name in `PATH`, or where it is installed. */
  found: readonly string[]
  remedy: string
}

const POSTGRESQL: Program = {
  found: ['/usr/lib/postgresql'],
  remedy: 'PostgreSQL: apt-get install postgresql',
}
const REDIS: Program = { found: ['redis-server'], remedy: 'Redis: apt-get install redis-server' }
const NGINX: Program = { found: ['nginx'], remedy: 'nginx: apt-get install nginx' }
const GO: Program = {
  found: ['go', '/usr/local/go/bin/go'],
  remedy: 'Go 1.24 or newer, which builds the checker: https://go.dev/dl',
}

const NEEDED: Record<string, readonly Program[]> = {
  'drills/failover': [POSTGRESQL],
  'drills/replicas': [POSTGRESQL, REDIS, NGINX],
  'drills/restore': [POSTGRESQL],
  'history/run': [GO],
}

/**
 * What has to be installed before these parts can run, with the parts that need it; null if everything is
 * there. An hour later is too late to hear of it.
 */
export function missingPrograms(
  parts: readonly Pick<Part, 'name'>[],
  isInstalled: (found: readonly string[]) => boolean = isThere,
): string | null {
  const missing = new Map<string, string[]>()
  for (const { name } of parts) {
    for (const { found, remedy } of NEEDED[name] ?? []) {
      if (!isInstalled(found)) missing.set(remedy, [...(missing.get(remedy) ?? []), name])
    }
  }
  if (missing.size === 0) return null
  const list = new Intl.ListFormat('en')
  const lines = [...missing].map(
    ([remedy, names]) => `  ${list.format(names)} ${names.length > 1 ? 'need' : 'needs'} ${remedy}`,
  )
  return [
    'Not everything is installed that these drills start:',
    ...lines,
    'Or name the parts to run: npm run drill -- --only 16',
  ].join('\n')
}

function isThere(found: readonly string[]): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return found.some((one) =>
    one.startsWith('/') ? existsSync(one) : folders.some((folder) => isProgram(join(folder, one))),
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
