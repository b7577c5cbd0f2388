import { readFileSync, readdirSync } from 'node:fs'

/** Does nothing where the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // A child that ended is still there until Node has collected it; that does not count.
  return status(pid)?.state !== 'Z'
}

/**
 * Whether a process is the server of a data folder. After a restart of the machine or a container
 * the number in a file may have gone to another program; where that can't be seen, it is believed.
 */
export function isServerOf(pid: number, data: string): boolean {
  if (!isRunning(pid)) return false
  const line = commandLine(pid)
  return line === undefined || line.includes(`\0-D\0${data}\0`)
}

/** Whether a process is certainly no PostgreSQL at all, whatever its folder. */
export function isOtherProgram(pid: number): boolean {
  const line = commandLine(pid)
  return line !== undefined && !/(^|[/: ])postgres\b/.test(line)
}

/** A server's sessions and helpers, also those that outlived it. Only Linux lets them be found. */
export function membersOf(clusterName: string): number[] {
  const title = `postgres: ${clusterName}: `
  return processes().filter((pid) => commandLine(pid)?.startsWith(title) === true)
}

/**
 * Members that outlived a killed server: a new one refuses to start while one of them is at work.
 * Where they can't be found they end by themselves, when their work is done.
 */
export function orphansOf(clusterName: string, data: string): number[] {
  return membersOf(clusterName).filter((pid) => {
    const parent = status(pid)?.parent
    return parent !== undefined && commandLine(parent)?.includes(`\0-D\0${data}\0`) !== true
  })
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function commandLine(pid: number): string | undefined {
  return read(`/proc/${pid}/cmdline`)
}

function status(pid: number): { state: string; parent: number } | undefined {
  // The name, in parentheses, may hold anything; what follows it is plain.
  const [state, parent] =
    read(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ') ?? []
  return state === undefined ? undefined : { state, parent: Number(parent) }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
