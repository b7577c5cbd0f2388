import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { socketHost } from '../../src/database/hosts.ts'
import type { TestDatabase } from './database.ts'
import { openPort } from './open-port.ts'
import { eventually, run } from './processes.ts'

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path))

/** Why tests that need it are skipped, or false. */
export const withoutPgbouncer =
  PROGRAM === undefined && 'pgbouncer is not installed (Debian: apt-get install pgbouncer)'

/**
 * A real pgbouncer in front of a test's database, on a separate port; it ends with the test.
 * @returns the URL that replaces the database's own
 */
export async function startPgbouncer(
  t: Pick<TestContext, 'after' | 'diagnostic'>,
  database: TestDatabase,
  settings: Record<string, string>,
): Promise<string> {
  const target = new URL(database.url)
  const port = await freePort()
  const folder = mkdtempSync('/tmp/strongroom-pgbouncer-')
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  // pgbouncer may not enter the folder of the embedded server's socket.
  const isSocket = 'host' in socketHost(database.url)
  const [host, at] = isSocket
    ? ['127.0.0.1', await openPort(t, database.url)]
    : [target.hostname, target.port || 5432]
  const file = join(folder, 'pgbouncer.ini')
  const ini = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    auth_type: 'any',
    max_client_conn: '300',
    ...settings,
  }
  const server = `host=${host} port=${at} user=${target.username} password=${target.password}`
  const lines = Object.entries(ini).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(
    file,
    `[databases]\n${database.name} = ${server}\n[pgbouncer]\n${lines.join('')}unix_socket_dir =\n`,
  )
  const running = run(...asAnyoneButRoot(PROGRAM ?? '', folder, file), {})
  t.after(async () => {
    running.child.kill('SIGKILL')
    await running.ended
    t.diagnostic(running.output().slice(-1_500))
  })
  const isListening = await eventually(() => answers(port), 10_000)
  if (!isListening) throw new Error(`pgbouncer did not start:\n${running.output()}`)
  return `postgres://${target.username}:${target.password}@127.0.0.1:${port}/${database.name}`
}

/** pgbouncer refuses to run as root. */
function asAnyoneButRoot(program: string, folder: string, file: string): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [file]]
  const id = (flag: string) =>
    Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout)
  chmodSync(folder, 0o700)
  for (const path of [folder, file]) chownSync(path, id('-u'), id('-g'))
  return ['setpriv', ['--reuid=nobody', `--regid=${id('-g')}`, '--clear-groups', program, file]]
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
