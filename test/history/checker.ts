import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('checker/', import.meta.url))

export interface Verdict {
  /** Requests that were put into an order, over all accounts. */
  operations: number
  accounts: number
  rounds: number
  snapshots: number
  /** Attempts whose outcome their answer left open, those told by a repetition, and those never told. */
  unknown: number
  told_later: number
  open: number
  nothing_stored: number
  broken: { what: string; result: string; placed: number; of: number; next: string }[]
  seconds: number
}

/** Builds the checker. @returns its path, or why there is none */
export function buildChecker(into: string): { path: string } | { missing: string } {
  const go = ['go', '/usr/local/go/bin/go'].find((one) => spawnSync(one, ['version']).status === 0)
  if (go === undefined) return { missing: 'Go is not installed' }
  const run = (...args: string[]) => spawnSync(go, ['-C', FOLDER, ...args], { encoding: 'utf8' })
  if (run('mod', 'download').status !== 0) return { missing: "Go's packages are out of reach" }
  const path = join(into, 'history-check')
  const built = run('build', '-o', path, '.')
  if (built.status !== 0) throw new Error(built.stderr)
  return { path }
}

export async function checkHistory(checker: string, history: string): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    execFile(checker, [history], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // 1 says that something is broken, which its answer has.
      if (error !== null && error.code !== 1) reject(new Error(`${String(error.code)} ${stderr}`))
      else resolve(JSON.parse(stdout) as Verdict)
    })
  })
}
