import type { Claimed, Hand } from './claimed.ts'
import type { OwnedEndpoint } from './owned.ts'
import { circuit } from './retries.ts'

/** How many attempts to one endpoint may be under way. */
export const CONCURRENCY = 10
/** How many deliveries may be claimed for an endpoint that answers within `QUICK_MS`. */
const IN_HAND_MAX = 50
const QUICK_MS = 500
/** How long an endpoint's next turn may wait when nothing can be claimed in it. */
const REST_MS = 1_000

interface Queued extends Claimed {
  /** By this process's own clock. */
  readAt: number
}

/** What this process knows of an endpoint that belongs to it. */
export interface Lane {
  endpoint: OwnedEndpoint
  /** Claimed deliveries that have not begun, in order. */
  queue: Queued[]
  /** Deliveries that have begun, until their results are written. */
  begun: Set<bigint>
  /** Whether deliveries are marked as claimed that are neither in the queue nor begun. */
  isAdrift: boolean
  underWay: number
  lastMs: number
  /** When the last turn was taken for the endpoint, by this process's own clock. */
  turnAt: number
  /** By this process's own clock. No attempt begins after it. */
  ownedUntil: number
  isRunning: boolean
  /** Whether nothing is claimed, because the endpoint is just being disabled. */
  isHalted: boolean
  circuit: ReturnType<typeof circuit>
}

export function newLane(endpoint: OwnedEndpoint): Lane {
  const counts = { underWay: 0, lastMs: 0, turnAt: 0, ownedUntil: 0 }
  const flags = { isAdrift: false, isRunning: false, isHalted: false }
  return { endpoint, queue: [], begun: new Set(), ...counts, ...flags, circuit: circuit() }
}

/** Takes note of how the endpoint is now. What is known of its health counts for its URL alone. */
export function renew(lane: Lane, endpoint: OwnedEndpoint): void {
  const isEnabled = lane.endpoint.status === 'disabled' && endpoint.status === 'active'
  if (isEnabled || lane.endpoint.url !== endpoint.url) lane.circuit = circuit()
  lane.endpoint = endpoint
}

/** Lets go of what has not begun. The next turn claims it again, in order. */
export function drop(lane: Lane): void {
  lane.queue = []
  lane.isAdrift = true
}

/** What this process has in hand when it takes a turn for an endpoint. */
export function handOf(lane: Lane | undefined): Hand {
  if (lane === undefined) return { room: CONCURRENCY, seqs: [], isAdrift: true }
  const seqs = [...lane.begun, ...lane.queue.map(({ seq }) => seq)]
  return { room: roomOf(lane), seqs, isAdrift: lane.isAdrift }
}

/**
 * When a turn for the endpoint is due: `now` if deliveries may be claimed, given back or failed, and
 * otherwise `last`, after the turns of the others, or `not-yet`. So one that hangs takes no time from others.
 */
export function turnOf(
  lane: Lane | undefined,
  status: OwnedEndpoint['status'],
): 'now' | 'last' | 'not-yet' {
  if (lane === undefined || lane.isAdrift || status === 'disabled' || roomOf(lane) > 0) return 'now'
  return performance.now() - lane.turnAt < REST_MS ? 'not-yet' : 'last'
}

function roomOf({ queue, underWay, lastMs, isHalted, circuit: health }: Lane): number {
  if (isHalted) return 0
  const open = health.room(CONCURRENCY, performance.now())
  const max = open === CONCURRENCY && lastMs < QUICK_MS ? IN_HAND_MAX : open
  return Math.max(0, max - queue.length - underWay)
}

/** Puts what was read again in the place of what was read before, without what is done meanwhile. */
export function freshen(lane: Lane, before: readonly Queued[], read: readonly Claimed[]): void {
  const readAt = performance.now()
  const fresh = new Map(read.map((one) => [one.seq, { ...one, readAt }]))
  const old = new Set(before)
  lane.queue = lane.queue.flatMap((one) => (old.has(one) ? (fresh.get(one.seq) ?? []) : [one]))
}
