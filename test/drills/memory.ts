import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The memory of processes, in MiB, at a moment. */
export interface Memory {
  /** Milliseconds since the epoch. */
  at: number
  /** Of all Node.js processes together: tests, and the services that they start. */
  node_mib: number
  /** Of the largest one. */
  largest_mib: number
}

const PAGE_BYTES = 4_096

/** What this process and all that it has started take; of other programs than Node.js, nothing. */
export function memoryNow(): Memory {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name))
  }
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (at === process.pid) return true
    }
    return false
  }
  const sizes = [...parents.keys()]
    .filter((pid) => isOurs(pid) && isNode(pid))
    .map((pid) => residentMib(pid))
  return {
    at: Date.now(),
    node_mib: sizes.reduce((sum, size) => sum + size, 0),
    largest_mib: Math.max(0, ...sizes),
  }
}

function parentOf(pid: string): number {
  // The name in parentheses may have anything in it.
  const stat = read(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function isNode(pid: number): boolean {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)) === basename(process.execPath)
  } catch {
    return false
  }
}

function residentMib(pid: number): number {
  const pages = Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return (pages * PAGE_BYTES) / 1_048_576
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
