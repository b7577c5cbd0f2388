import type { Socket } from 'node:net'
import { refuseBrokenRequest } from './errors.ts'

/** A pause after each group, in which waiting requests are served. */
const PAUSE_MS = 2
/** The size of a group. Each refusal takes some 100 µs: an answer, and closing the connection. */
const AT_A_TIME_MIN = 2
const SHARE_AT_A_TIME = 1 / 500

/** In the order in which their time ran out. Node reports a socket again as long as it is open. */
const due = new Set<Socket>()

/**
 * Refuses connections whose bytes became no request. Broken bytes are refused at once. Node may
 * report thousands of slow requests at the same moment; these are refused in small groups over the
 * next second or two, because a caller who opened them all at once would otherwise reopen them all at
 * once.
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
