import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { signal } from '../../src/database/embedded/processes.ts'
import { type Running, run } from './processes.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const LEFT_OUT = new Set(['.git', 'node_modules'])

export interface Script extends Running {
  /** Its processes with their command lines, including those of a PostgreSQL. */
  processes(): { pid: number; line: string }[]
}

/**
 * A copy of the built repository, so that a script that builds or restarts does not disturb other
 * tests.
 */
export function copyRepository(atTheEnd: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-copy-'))
  atTheEnd(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(REPOSITORY, folder, {
    recursive: true,
    filter: (source) => !LEFT_OUT.has(basename(source)),
  })
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/**
 * Runs `npm run <name>` as a terminal does: in a separate session and process group.
 * @param folder where it writes everything, and by which its processes are recognised
 */
export function runNpm(
  t: Pick<TestContext, 'after'>,
  name: string,
  cwd: string,
  folder: string,
): Script {
  const script = run('npm', ['run', name], {
    cwd,
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      DATA_DIR: folder,
      PORT: '0',
      npm_config_update_notifier: 'false',
    },
  })
  const processes = () => processesOf(folder)
  t.after(async () => {
    for (const { pid } of processes()) signal(pid, 'SIGKILL')
    await script.ended
  })
  return { ...script, processes }
}

/**
 * On Linux: processes with the folder in their environment, or in a folder below it, like
 * PostgreSQL's.
 */
function processesOf(folder: string): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const isOfIt =
          readlinkSync(`/proc/${name}/cwd`).startsWith(folder) ||
          readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder)
        if (!isOfIt || Number(name) === process.pid) return []
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8')
        return [{ pid: Number(name), line: line.replaceAll('\0', ' ').trim() }]
      } catch {
        return []
      }
    })
}
