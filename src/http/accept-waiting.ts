import type { Server } from 'node:http'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { primary } from '../cluster/primary.ts'

/** How long the port stays open if new connections come all the time. */
const OPEN_MS_MAX = 1_000
/** A turn of the event loop without work takes a tenth of this. */
const IDLE_TURN_MS = 0.2
/** The first process accepts one connection a turn too, and hands them to its workers in turn. */
const HANDED_MS = 20
/** After this much more, a worker's event loop was held meanwhile. */
const HELD_MS = 20

/**
 * Ends when no connection waits to be accepted; the port must be closed within the same turn of the
 * event loop. The close resets connections that wait, although their requests may have been sent: a
 * proxy answers these with a 502, because it must not repeat them. A turn of the event loop accepts one
 * connection (libuv since 1.45), and what arrives while it runs handlers is only seen by the next.
 */
export async function acceptWaiting(server: Server): Promise<void> {
  const deadline = performance.now() + OPEN_MS_MAX
  let accepted = 0
  const count = () => void accepted++
  server.on('connection', count)
  const pause = primary() === null ? idleTurn : idlePause
  for (;;) {
    const before = accepted
    const wasIdle = await pause()
    if ((wasIdle && accepted === before) || performance.now() > deadline) break
  }
  server.off('connection', count)
}

/** For a worker, which is handed connections that the first process has accepted. */
async function idlePause(): Promise<boolean> {
  const began = performance.now()
  await delay(HANDED_MS)
  // Timers come before what the turn reads.
  await nextTurn()
  return performance.now() - began < HANDED_MS + HELD_MS
}

async function idleTurn(): Promise<boolean> {
  const began = performance.now()
  await nextTurn()
  return performance.now() - began < IDLE_TURN_MS
}
