import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Environment } from './environment.ts'

const NAMES = ['ADMIN_API_TOKEN', 'INTERNAL_SERVICE_TOKEN', 'METRICS_TOKEN'] as const

/** Where a secret made in development lies: a file that only its owner reads. */
export function secretPath(dataDir: string, name: (typeof NAMES)[number]): string {
  return resolve(dataDir, 'secrets', name)
}

/**
 * Adds the tokens that development leaves open, made at the first start. A variable that is set,
 * even to nothing, is left alone; so is production.
 */
export function withDevelopmentSecrets(env: Environment): Environment {
  if (env['NODE_ENV'] === 'production') return env
  const dataDir = env['DATA_DIR']?.trim() || '.data'
  const made: Record<string, string> = {}
  for (const name of NAMES) {
    if (env[name] !== undefined || env[`${name}_FILE`] !== undefined) continue
    made[name] = readOrMake(secretPath(dataDir, name))
  }
  return { ...made, ...env }
}

function readOrMake(path: string): string {
  if (!existsSync(path)) make(path)
  return readFileSync(path, 'utf8').trim()
}

/** Linked to its name when it is whole: another start at the same time never reads half of it. */
function make(path: string): void {
  // The folder around it stays open: the embedded database may run as another user.
  mkdirSync(dirname(dirname(path)), { recursive: true })
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}
