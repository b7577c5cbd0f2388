import { type AddressInfo, createConnection, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { socketHost } from '../../src/database/hosts.ts'

/** A TCP port in front of a server that listens only on a Unix socket. */
export async function openPort(t: Pick<TestContext, 'after'>, url: string): Promise<number> {
  const socketPath = `${socketHost(url).host}/.s.PGSQL.5432`
  const gate = createServer((outside) => {
    const inside = createConnection(socketPath)
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy())
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy())
    outside.pipe(inside).pipe(outside)
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  t.after(() => gate.close())
  return (gate.address() as AddressInfo).port
}
