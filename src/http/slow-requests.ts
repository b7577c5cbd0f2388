import type { Socket } from 'node:net'
import { refuseBrokenRequest } from './errors.ts'

/** Between two calls that have come meanwhile there is always room for others. */
const PAUSE_MS = 2
/** Of those that are due, at one time. One takes some 100 µs: an answer, and the end of the connection. */
const AT_A_TIME_MIN = 2
const SHARE_AT_A_TIME = 1 / 500

/** In the order in which their time ran out. Node tells of one again as long as it is open. */
const due = new Set<Socket>()

/**
 * Refuses what no request came of: broken bytes at once; requests that took too long, of which Node
 * may find thousands in one go, a few at a time over the next second or two. Who has opened them all at
 * once would open them all again at once.
 */
export function refuseWithoutRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') return refuseBrokenRequest(error, socket)
  if (due.size === 0) setTimeout(refuseSome, PAUSE_MS, error)
  due.add(socket)
}

function refuseSome(error: Error): void {
  let left = Math.max(AT_A_TIME_MIN, Math.ceil(due.size * SHARE_AT_A_TIME))
  for (const socket of due) {
    if (left-- === 0) break
    due.delete(socket)
    refuseBrokenRequest(error, socket)
  }
  if (due.size > 0) setTimeout(refuseSome, PAUSE_MS, error)
}
