import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Environment } from './environment.ts'

const NAMES = [
  'ADMIN_API_TOKEN',
  'INTERNAL_SERVICE_TOKEN',
  'METRICS_TOKEN',
  'API_KEY_PEPPER',
] as const
/** The key files, by the variables that hold their paths. */
const KEYS = {
  LICENSE_PRIVATE_KEY_PATH: ['LICENSE_PRIVATE_KEY.pem', newKey],
  EVENTS_KEY_PATH: ['EVENTS_KEY.pem', newEd25519Key],
  AUDIT_LOG_KEY_PATH: ['AUDIT_LOG_KEY.pem', newEd25519Key],
} as const

/** The path of a secret made in development; only its owner may read the file. */
export function secretPath(
  dataDir: string,
  name: (typeof NAMES)[number] | (typeof KEYS)[keyof typeof KEYS][0],
): string {
  return resolve(dataDir, 'secrets', name)
}

/**
 * Adds secrets and paths of signing keys that a development set-up leaves out. All are made at the
 * first start. A variable that is set, even to nothing, is left alone; so is production.
 * @param makes false to create nothing: secrets that do not exist yet stay out
 */
export function withDevelopmentSecrets(env: Environment, makes = true): Environment {
  if (env['NODE_ENV']?.trim() === 'production') return env
  const dataDir = env['DATA_DIR']?.trim() || '.data'
  const made: Record<string, string> = {}
  for (const name of NAMES) {
    if (env[name] !== undefined || env[`${name}_FILE`] !== undefined) continue
    const path = secretPath(dataDir, name)
    if (!existsSync(path)) {
      if (!makes) continue
      make(path, newToken)
    }
    made[name] = readFileSync(path, 'utf8').trim()
  }
  for (const [variable, [file, content]] of Object.entries(KEYS)) {
    if (env[variable] !== undefined) continue
    const path = secretPath(dataDir, file)
    if (!existsSync(path) && makes) make(path, content)
    if (existsSync(path)) made[variable] = path
  }
  return { ...made, ...env }
}

function newToken(): string {
  return `${randomBytes(32).toString('hex')}\n`
}

/** 2048 bits, because generating 3072 would delay the first start by half a second. */
function newKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function newEd25519Key(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * The file is linked to its name when it is complete, so a second start at the same time never reads
 * half of it.
 */
function make(path: string, content: () => string): void {
  // The folder above stays open: the embedded database may run as another user.
  mkdirSync(dirname(dirname(path)), { recursive: true })
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, content(), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}
