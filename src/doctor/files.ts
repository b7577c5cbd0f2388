import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import {
  type Facts,
  type Group,
  type Line,
  counted,
  failure,
  pass,
  unseen,
  warning,
} from './check.ts'

const ROTATION_DAYS = 90
const DAY_MS = 86_400_000
/** For all files together. */
const GIT_MS_MAX = 3_000

/** The files that hold secrets: who can read them, whether they are in git, and how old they are. */
export const secretsAndFiles: Group = {
  title: 'Secrets and files',
  examine: async (facts) => {
    const paths = secretFiles(facts)
    const tracked = await inGit(facts, paths)
    return [...dotenv(facts), ...modes(paths), ...tracked, ...ages(facts, paths)]
  },
}

/** Each file that holds a secret, with the variable that names it. */
function secretFiles({ environment: env, folder, secrets, keyPaths }: Facts): [string, string][] {
  const present = (name: string, given: string | undefined) => {
    const path = given?.trim() ? resolve(folder, given.trim()) : undefined
    return path !== undefined && existsSync(path) ? [[name, path] as [string, string]] : []
  }
  const values = [...secrets].map((name) => `${name}_FILE`)
  const keys = [...keyPaths].flatMap((name) =>
    (env[name] ?? '').split(',').flatMap((path) => present(name, path)),
  )
  return [
    ...values.flatMap((name) => present(name, env[name])),
    ...keys.filter(([, path]) => isPrivateKey(path)),
  ]
}

/** Of an earlier key its public part is enough, which everyone may have. */
function isPrivateKey(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('PRIVATE KEY-----')
  } catch {
    return true
  }
}

function dotenv({ config, folder, secrets }: Facts): Line[] {
  const path = join(folder, '.env')
  if (!existsSync(path)) return [pass('.env', 'there is none in this folder')]
  const mode = statSync(path).mode & 0o777
  if ((mode & 0o077) !== 0) {
    return [
      failure('.env', `others than its owner can use it (mode ${octal(mode)})`, 'chmod 600 .env'),
    ]
  }
  const held = Object.keys(parseEnv(readFileSync(path, 'utf8'))).filter((name) => secrets.has(name))
  if (held.length > 0 && config.production) {
    const advice = 'give each its own file, by X_FILE, from the secret store of your platform'
    return [warning('.env', `holds ${counted(held.length, 'secret')}`, advice)]
  }
  return [pass('.env', `closed to others${held.length === 0 ? ', and no secret in it' : ''}`)]
}

/** Docker, Kubernetes and systemd give copies to one user, whatever their mode says. */
function isMounted(path: string): boolean {
  return /^\/(var\/)?run\/(secrets|credentials)\//.test(path)
}

function modes(paths: [string, string][]): Line[] {
  if (paths.length === 0) return []
  const open = paths.flatMap(([name, path]) => {
    const mode = statSync(path).mode & 0o777
    const forbidden = isMounted(path) ? 0o022 : 0o066
    return (mode & forbidden) === 0 ? [] : [failure(name, ...openTo(mode))]
  })
  if (open.length > 0) return open
  return [pass('modes', `${counted(paths.length, 'file')} with secrets, none open to others`)]
}

function openTo(mode: number): [string, string] {
  return [`names a file that others can read or write (mode ${octal(mode)})`, 'chmod 600 on it']
}

async function inGit({ folder }: Facts, paths: [string, string][]): Promise<Line[]> {
  const dotenvPath = join(folder, '.env')
  const named = [...paths, ...(existsSync(dotenvPath) ? [['.env', dotenvPath] as const] : [])]
  const signal = AbortSignal.timeout(GIT_MS_MAX)
  const lines: Line[] = []
  // One after the other: each start of a program takes a moment of this one.
  for (const [name, path] of named) {
    if ((await git(path, signal, 'ls-files', '--error-unmatch')) === 0) {
      const advice = 'git rm --cached it, and replace what was in it: history keeps it'
      lines.push(failure(`git: ${name}`, 'is under version control', advice))
    } else if ((await git(path, signal, 'check-ignore', '-q')) === 1) {
      const reason = 'lies in a repository that does not ignore it'
      lines.push(warning(`git: ${name}`, reason, 'move it out'))
    }
  }
  if (signal.aborted) {
    return [
      ...lines,
      unseen('git', 'git did not answer in time', 'see what `git ls-files` has there'),
    ]
  }
  return lines.length > 0 ? lines : [pass('git', 'no file with secrets is under version control')]
}

/** The service examines itself too, so git must not hold it up. @returns the status; null if it has none */
async function git(path: string, signal: AbortSignal, ...args: string[]): Promise<number | null> {
  if (signal.aborted) return null
  const child = spawn('git', [...args, '--', basename(path)], {
    cwd: dirname(path),
    stdio: 'ignore',
    signal,
  })
  // 128: no repository. There is no git on this machine if it does not start.
  return once(child, 'close').then(
    ([status]: unknown[]) => (typeof status === 'number' ? status : null),
    () => null,
  )
}

function ages({ environment: env, secrets, keyPaths }: Facts, paths: [string, string][]): Line[] {
  const days = ([, path]: [string, string]) =>
    Math.floor((Date.now() - statSync(path).mtimeMs) / DAY_MS)
  // These last longer: licences verify with their key until they expire, receivers know the key of
  // events, a log keeps its key for life, and an API key that is used once a year has the pepper of
  // its last use.
  const files = paths.filter(([name]) => !keyPaths.has(name) && !name.startsWith('API_KEY_PEPPER'))
  const tokens = files.filter(([, path]) => !isMounted(path))
  const old = tokens.filter((file) => days(file) > ROTATION_DAYS)
  const lines = old.map((file) =>
    warning(
      `age: ${file[0]}`,
      `${days(file)} days old; secrets are to change every ${ROTATION_DAYS}`,
      'put the old value into X_PREVIOUS and a new one into X, and restart',
    ),
  )
  const inVariables = [...secrets].filter((name) => env[name]?.trim())
  const ageless = inVariables.length + files.length - tokens.length
  if (ageless > 0) {
    const reason = `${counted(ageless, 'secret')} in variables or in copies, whose age nothing shows`
    return [...lines, unseen('ages', reason, `note when they change: every ${ROTATION_DAYS} days`)]
  }
  if (tokens.length === 0 || lines.length > 0) return lines
  return [pass('ages', `no secret is older than ${ROTATION_DAYS} days`)]
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
