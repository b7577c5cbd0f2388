import type { Claimed, Hand, OwnedEndpoint } from './claims.ts'
import { circuit } from './retries.ts'

/** How many attempts to one endpoint may be under way. */
export const CONCURRENCY = 10
/** How many deliveries may be claimed for an endpoint that answers within `QUICK_MS`. */
const IN_HAND_MAX = 50
const QUICK_MS = 500

/** What this process knows of an endpoint that belongs to it. */
export interface Lane {
  endpoint: OwnedEndpoint
  /** Claimed deliveries that have not begun, in order. */
  queue: Claimed[]
  /** Deliveries that have begun, until their results are written. */
  begun: Set<bigint>
  /** Whether deliveries are marked as claimed that are neither in the queue nor begun. */
  isAdrift: boolean
  underWay: number
  lastMs: number
  /** By this process's own clock. No attempt begins after it. */
  ownedUntil: number
  isRunning: boolean
  circuit: ReturnType<typeof circuit>
}

export function newLane(endpoint: OwnedEndpoint): Lane {
  const state = { isAdrift: false, underWay: 0, lastMs: 0, ownedUntil: 0, isRunning: false }
  return { endpoint, queue: [], begun: new Set(), ...state, circuit: circuit() }
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

function roomOf({ queue, underWay, lastMs, circuit: health }: Lane): number {
  const open = health.room(CONCURRENCY, performance.now())
  const max = open === CONCURRENCY && lastMs < QUICK_MS ? IN_HAND_MAX : open
  return Math.max(0, max - queue.length - underWay)
}
