import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Running, run, signalServer } from './processes.ts'

const SERVER = fileURLToPath(new URL('../../dist/server.js', import.meta.url))
const WORKER = fileURLToPath(new URL('../../dist/worker.js', import.meta.url))
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

type Variables = Record<string, string | undefined>

export interface ServiceProcess extends Running {
  origin: string
}

/** Running services, with their data folders. */
const launched = new Map<Running, string>()

/** A folder for a separate service, which is ended and removed with the test. */
export function newDataDir(t: Pick<TestContext, 'after'>): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-process-'))
  t.after(async () => {
    // Services end first: a running one would restart a killed server in a folder that is being
    // removed. Hooks run in the order of their registration, and a fault stops the remaining ones.
    for (const [service, folder] of launched) {
      if (!folder.startsWith(dataDir)) continue
      service.child.kill('SIGKILL')
      await service.ended
      launched.delete(service)
    }
    signalServer(clusterOf(dataDir), 'SIGKILL')
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  return dataDir
}

/** The data folder of the embedded PostgreSQL. */
export function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres', 'data')
}

/**
 * Puts a copy of the cluster that `npm test` has made in the data folder, with all tables: the start then does not
 * make one, which takes seconds.
 */
export function copyCluster(dataDir: string): void {
  const prepared = process.env['TEST_CLUSTER']
  const home = join(dataDir, 'postgres')
  if (prepared === undefined || existsSync(home)) return
  mkdirSync(home, { recursive: true, mode: 0o700 })
  // Node's own copy would not keep the owner, whom the server must run as.
  const copied = spawnSync('cp', ['-a', prepared, clusterOf(dataDir)], { encoding: 'utf8' })
  if (copied.status !== 0) throw new Error(`The cluster was not copied: ${copied.stderr}`)
}

/** Starts `node dist/server.js` in a given environment, without waiting for it. */
export function launchService(
  t: Pick<TestContext, 'after'>,
  dataDir: string,
  env: Variables = {},
): Running {
  return launch(t, SERVER, dataDir, env)
}

/** Starts `node dist/worker.js`, without waiting for it. */
export function launchWorker(
  t: Pick<TestContext, 'after'>,
  dataDir: string,
  env: Variables,
): Running {
  return launch(t, WORKER, dataDir, env)
}

function launch(
  t: Pick<TestContext, 'after'>,
  program: string,
  dataDir: string,
  env: Variables,
): Running {
  mkdirSync(dataDir, { recursive: true })
  // In production a service makes no cluster.
  if (env['DATABASE_URL'] === undefined && env['NODE_ENV'] === undefined) copyCluster(dataDir)
  const service = run(process.execPath, [program], {
    cwd: dataDir,
    env: environment({ DATA_DIR: dataDir, PORT: '0', ...env }),
  })
  launched.set(service, dataDir)
  t.after(async () => {
    service.child.kill('SIGKILL')
    await service.ended
  })
  return service
}

/** Resolves when it listens. */
export async function startServiceProcess(
  t: Pick<TestContext, 'after'>,
  dataDir: string,
  env: Variables = {},
): Promise<ServiceProcess> {
  const service = launchService(t, dataDir, env)
  await service.says(/listens on \S+\n/)
  return { ...service, origin: /listens on (\S+)/.exec(service.output())?.[1] ?? '' }
}

/**
 * Runs `strongroom <command>` to its end. Asynchronous, because the command may call a server in this
 * process.
 */
export async function commandBeside(
  args: string[],
  env: Variables,
): Promise<{ status: number | string; output: string }> {
  const running = run(process.execPath, [CLI, ...args], {
    cwd: tmpdir(),
    env: environment(env),
  })
  const status = await running.ended
  return { status, output: running.output() }
}

/** Runs `strongroom <command>` to its end. */
export function command(
  args: string[],
  env: Variables,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], {
    cwd: tmpdir(),
    env: environment(env),
    encoding: 'utf8',
  })
}

/** Of the tests' own environment, only where programs are. */
function environment(env: Variables): Variables {
  return { PATH: process.env['PATH'], HOME: tmpdir(), ...env }
}
