import { readFileSync, readdirSync } from 'node:fs'

/** Sends a signal; does nothing if the process has already ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // The process has already ended.
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM means that the process exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // A child that has ended remains as a zombie until Node reaps it; it does not count.
  return status(pid)?.state !== 'Z'
}

/**
 * Whether a process is the server of a data folder. After a restart of the machine or a container,
 * the number in the file may belong to another program. Where that can't be checked, the file is
 * believed.
 */
export function isServerOf(pid: number, data: string): boolean {
  if (!isRunning(pid)) return false
  const line = commandLine(pid)
  return line === undefined || line.includes(`\0-D\0${data}\0`)
}

/** Whether a process is certainly not a PostgreSQL, whatever its folder. */
export function isOtherProgram(pid: number): boolean {
  const line = commandLine(pid)
  return line !== undefined && !/(^|[/: ])postgres\b/.test(line)
}

/**
 * The processes of a server's sessions and helpers, also those that survived it. Only Linux can find
 * them.
 */
export function membersOf(clusterName: string): number[] {
  const title = `postgres: ${clusterName}: `
  return processes().filter((pid) => commandLine(pid)?.startsWith(title) === true)
}

/**
 * Members that survived a killed server; a new server refuses to start while one of them works. Where
 * they can't be found, they end by themselves after their work.
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
  // The name, in parentheses, may contain anything; the fields after it are plain.
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
