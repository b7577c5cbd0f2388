import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signal } from '../../src/database/embedded/processes.ts'

export interface Running {
  child: ChildProcess
  pid: number
  /** What it has written to stdout and stderr so far. */
  output(): string
  /** Resolves when the output contains the text; rejects if the process ends without it. */
  says(text: string | RegExp): Promise<void>
  /** Exit code or signal. */
  ended: Promise<number | string>
}

const START_MS_MAX = 60_000

/** A process whose output is collected; it ends with the test at the latest. */
export function run(file: string, args: string[], options: SpawnOptions = {}): Running {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(
    ([code, killedBy]) => (code as number | null) ?? (killedBy as string),
  )
  return {
    child,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    says: async (text) => {
      const holds = () => (typeof text === 'string' ? output.includes(text) : text.test(output))
      let over = false
      void ended.then(() => (over = true))
      const found = await eventually(() => holds() || over, START_MS_MAX)
      if (!found || !holds()) throw new Error(`It did not say ${String(text)} but:\n${output}`)
    },
  }
}

/** Runs a script of the tests in Node with tsx, whose path does not depend on the current folder. */
export function runScript(path: string, args: string[], options: SpawnOptions = {}): Running {
  const tsx = import.meta.resolve('tsx')
  const script = fileURLToPath(new URL(path, import.meta.url))
  return run(process.execPath, ['--import', tsx, script, ...args], options)
}

/** Polls until a condition holds, or returns false when the time is over. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  ms: number,
): Promise<boolean> {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) return false
    await delay(20)
  }
  return true
}

/** The processes of a PostgreSQL, which all have the data folder as their current folder. */
export function serverProcesses(data: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && currentFolder(name) === data && !isZombie(name))
    .map(Number)
}

/** Signals every process of a PostgreSQL; some may end by themselves meanwhile. */
export function signalServer(data: string, name: NodeJS.Signals): void {
  for (const pid of serverProcesses(data)) signal(pid, name)
}

/** The server's first process, the parent of the others. */
export function postmaster(data: string): number {
  return Number(readFileSync(`${data}/postmaster.pid`, 'utf8').split('\n')[0])
}

function currentFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function isZombie(pid: string): boolean {
  try {
    return /^.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
