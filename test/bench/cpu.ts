import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Of a second: what /proc counts in. Linux has had this value everywhere for decades. */
const TICKS = 100

/** The fields of /proc/<pid>/stat behind the name, which may have spaces. */
function stat(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
}

/** The processor time of a process in seconds, its own and that of children which have ended. */
function secondsOf(pid: number | string): number {
  const fields = stat(pid)
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS
}

/** The processor time of a server of PostgreSQL with all its backends, in seconds. */
export function postgresSeconds(postmaster: number): number {
  let sum = secondsOf(postmaster)
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (stat(pid)[1] === String(postmaster)) sum += secondsOf(pid)
    } catch {
      // It has ended meanwhile, and is counted with its parent.
    }
  }
  return sum
}

export function processSeconds({ pid }: Pick<ChildProcess, 'pid'>): number {
  return secondsOf(pid ?? 0)
}

/** The server behind a backend. */
export function postmasterOf(backend: number): number {
  return Number(stat(backend)[1])
}

/** Runs `work` beside as many loops as there are cores, as busy neighbours on the machine are. */
export async function withNeighbours<T>(work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (const end = Date.now() + 120_000; Date.now() < end; );'], {
      stdio: 'ignore',
    }),
  )
  try {
    return await work()
  } finally {
    for (const loop of loops) loop.kill('SIGKILL')
  }
}
