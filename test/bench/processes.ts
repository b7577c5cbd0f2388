import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server in a process of its own. */
export interface Running {
  child: ChildProcess
  origin: string
  stop: () => Promise<void>
}

/** The programs of this folder that the load is sent to. */
export type Program = 'server' | 'bare' | 'plumbing'

/**
 * Starts a program and waits for its first line, which says where it listens.
 * @throws Error if it ends before
 */
export async function startProgram(
  program: Program,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): Promise<Running> {
  const out = compiled()
  const { flags, variables } = settingsOfStart()
  const file = join(out, 'test', 'bench', `${program}.js`)
  const child = spawn(process.execPath, [...flags, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...variables, ...env },
  })
  const died = once(child, 'exit').then(() => {
    throw new Error(`${program} of the bench did not start`)
  })
  const [line] = (await Promise.race([once(child.stdout, 'data'), died])) as [Buffer]
  died.catch(() => undefined)
  return { child, origin: line.toString().trim(), stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  // It writes the rest of its log before it ends.
  child.stdout?.resume()
  child.kill('SIGTERM')
  await once(child, 'exit')
}

let isCompiled = false

/** As in production: a loader in the process would count in its memory. @returns where it is */
function compiled(): string {
  const out = join('node_modules', '.bench')
  if (isCompiled) return out
  execFileSync('npx', ['tsc', '--noEmit', 'false', '--rootDir', '.', '--outDir', out])
  cpSync('package.json', join(out, 'package.json'))
  cpSync('src/docs/guides', join(out, 'src/docs/guides'), { recursive: true })
  isCompiled = true
  return out
}

/** What `npm start` gives Node, so that memory and speed are those of the service. */
function settingsOfStart() {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { start: string }
  }
  const words = scripts.start.split(' ')
  const assignments = words.filter((word) => /^[A-Z_]+=/.test(word))
  return {
    flags: words.filter((word) => word.startsWith('--')),
    variables: Object.fromEntries(
      assignments.map((word) => word.split('=', 2) as [string, string]),
    ),
  }
}

export function residentBytes(pid: number): number {
  return 4_096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
}
