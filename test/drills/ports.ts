import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const TRIES_MAX = 100

/**
 * A port of this machine on which nothing listens. It is below those that systems take for outgoing connections:
 * one of these could have it while a killed server is away, and even be connected to itself.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = randomInt(10_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  throw new Error('No port is free')
}
