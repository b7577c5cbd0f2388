import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { randomBase62 } from '../encoding/ids.ts'
import { presentEvent } from '../events/present.ts'
import type { EventType } from '../events/types.ts'
import type { EventKeys } from '../keys/event-keys.ts'
import { type Claimed, readAgain } from './claimed.ts'
import { OWNED_MS, endpointsWithWork, releaseEndpoints, takeTurn } from './claims.ts'
import { CONCURRENCY, type Lane, drop, freshen, handOf, newLane, renew, turnOf } from './lanes.ts'
import type { DeliveryMetrics } from './metrics.ts'
import { loopPace } from './pace.ts'
import type { Sent, sender } from './send.ts'
import { type AskedEndpoint, type Result, settle } from './settle.ts'
import { keyIdsOf, openSecrets, signatureHeaders } from './signing.ts'

/** What was claimed longer ago than this is read again before it is sent. */
const FRESH_MS = 1_000
/** How long an attempt waits for the one before it to be on its way. */
const ORDER_MS = 250
const TICK_MS = 100
const PAUSE_MS = 20
const SETTLE_MS = 25
const RETRY_MS = 1_000
/** A process begins no attempts in this last part of its lease. */
const MARGIN_MS = 2_000
const STOP_MS = 3_000
/** The largest body: https://www.standardwebhooks.com recommends at most 20 KB. */
const BODY_BYTES_MAX = 20_480

export interface DelivererOptions {
  sql: postgres.Sql
  keys: EventKeys
  types: ReadonlyMap<string, EventType>
  sender: ReturnType<typeof sender>
  metrics: DeliveryMetrics
  /** Disables an endpoint that is gone or fails for too long, if it still has that URL. */
  disable: (endpoint: AskedEndpoint, reason: 'gone' | 'failing') => Promise<void>
  onFault: (error: unknown) => void
}

/**
 * Delivers events until it is stopped. Each endpoint belongs to one process at a time, which begins
 * its attempts one after the other. Endpoints share only the rate at which attempts begin.
 */
export function startDeliverer(options: DelivererOptions) {
  const { sql, keys, types, sender: http, metrics, disable, onFault } = options
  const owner = randomBase62(16)
  const self = { owner, keyIds: keyIdsOf(keys) }
  const lanes = new Map<bigint, Lane>()
  const pace = loopPace()
  const stopping = new AbortController()
  const aborting = new AbortController()
  const results: Result[] = []
  let settling: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let turn = 0

  /** Looks once at all endpoints with work. Each time another one comes first. */
  async function tick(): Promise<boolean> {
    const those = (is: (lane: Lane) => boolean) =>
      [...lanes].flatMap(([seq, lane]) => (is(lane) ? [seq] : []))
    const adrift = those(({ isAdrift }) => isAdrift)
    const queued = those(({ queue }) => queue.length > 0)
    const found = await endpointsWithWork(sql, self, { adrift, queued })
    const foundSeqs = new Set(found.map(({ seq }) => seq))
    // These are deleted, or no longer this process's.
    for (const seq of adrift) if (!foundSeqs.has(seq)) lanes.delete(seq)
    if (found.length === 0) return false
    const first = turn++ % found.length
    let isBusy = false
    const inTurn = [...found.slice(first), ...found.slice(0, first)]
    const due = (when: 'now' | 'last') =>
      inTurn.filter(({ seq, status }) => turnOf(lanes.get(seq), status) === when)
    for (const { seq } of [...due('now'), ...due('last')]) {
      if (stopping.signal.aborted) return false
      if (await lookAt(seq)) isBusy = true
    }
    return isBusy
  }

  /** @returns whether deliveries were claimed */
  async function lookAt(seq: bigint): Promise<boolean> {
    const known = lanes.get(seq)
    const askedAt = performance.now()
    if (known !== undefined && askedAt > known.ownedUntil) drop(known)
    const hand = handOf(known)
    if (known !== undefined) known.isAdrift = false
    const taken = await takeTurn(sql, self, seq, hand, types).catch((error: unknown) => {
      // The turn may have been committed all the same, with claims that nobody knows of.
      if (known !== undefined) drop(known)
      throw error
    })
    if (taken === 'locked') {
      if (known !== undefined) known.isAdrift ||= hand.isAdrift
      return false
    }
    if (taken === 'elsewhere') {
      if (known !== undefined) drop(known)
      lanes.delete(seq)
      return false
    }
    const lane = known ?? newLane(taken.endpoint)
    lanes.set(seq, lane)
    renew(lane, taken.endpoint)
    lane.turnAt = askedAt
    lane.ownedUntil = askedAt + OWNED_MS - MARGIN_MS
    if (taken.endpoint.status === 'disabled' && lane.queue.length > 0) drop(lane)
    // If earlier deliveries were let go of meanwhile, the next turn claims all of them in order.
    if (!lane.isAdrift) {
      lane.queue.push(...taken.claimed.map((one) => ({ ...one, readAt: askedAt })))
    }
    run(lane)
    return taken.claimed.length > 0
  }

  /** Begins the claimed deliveries, in order, as far as there is room. */
  function run(lane: Lane): void {
    if (lane.isRunning) return
    lane.isRunning = true
    begin(lane)
      .catch(onFault)
      .finally(() => (lane.isRunning = false))
  }

  async function begin(lane: Lane): Promise<void> {
    while (lane.queue.length > 0 && !stopping.signal.aborted) {
      const now = performance.now()
      const room = lane.circuit.room(CONCURRENCY, now)
      // While nothing may begin, nothing is kept in memory either.
      if (now > lane.ownedUntil || room === 0) return drop(lane)
      const isFull = lane.underWay >= room
      if (!isFull && lane.queue.some(({ readAt }) => now - readAt > FRESH_MS)) {
        await refresh(lane)
        continue
      }
      if (isFull || !pace.take()) {
        await delay(PAUSE_MS)
        continue
      }
      const next = lane.queue.shift()
      if (next === undefined) return
      lane.begun.add(next.seq)
      const at = new Date()
      const isBegun = new Promise<void>((resolve) => {
        lane.underWay++
        attempt(lane, next, at, resolve)
          .catch((error: unknown) => {
            onFault(error)
            // A delivery without a result would stay claimed.
            const sent = { status: null, durationMs: 0, error: 'not_sent' }
            const { seq: endpoint, url } = lane.endpoint
            note({ endpoint, url, seq: next.seq, at, sent, isOwnFault: true })
          })
          .finally(() => {
            lane.underWay--
            resolve()
          })
      })
      await Promise.race([isBegun, delay(ORDER_MS)])
    }
  }

  async function refresh(lane: Lane): Promise<void> {
    const { endpoint, queue } = lane
    const before = [...queue]
    const seqs = before.map(({ seq }) => seq)
    const read = await readAgain(sql, self, endpoint.seq, seqs).catch(onFault)
    if (read == null) return drop(lane)
    renew(lane, read.endpoint)
    freshen(lane, before, read.claimed)
  }

  async function attempt(
    lane: Lane,
    claimed: Claimed,
    at: Date,
    onBegun: () => void,
  ): Promise<void> {
    const { endpoint, circuit } = lane
    const { seq, tries, eventId } = claimed
    const known = { endpoint: endpoint.seq, url: endpoint.url, seq, at }
    const unsent = (error: string) => {
      return { ...known, sent: { status: null, durationMs: 0, error }, isOwnFault: true }
    }
    if (eventId === null) return note({ ...unsent('event_forgotten'), isLast: true })
    const body = bodyOf(claimed)
    const secrets = openSecrets(keys, endpoint, at)
    if (secrets === null) return note(unsent('secret_not_readable'))
    const timestampS = Math.floor(at.getTime() / 1_000)
    const headers = signatureHeaders({ secrets, keys }, { id: eventId, timestampS, body })
    const isProbe = circuit.isOpen()
    const sent = await http.send({ url: endpoint.url, headers, body }, onBegun, aborting.signal)
    // The outcome is unknown, so the delivery begins again in another process.
    if (sent.error === 'stopped') return
    const outcome =
      sent.error === null ? 'succeeded' : sent.error === 'timeout' ? sent.error : 'failed'
    lane.lastMs = sent.durationMs
    circuit.settled(outcome, { now: performance.now(), isProbe })
    metrics.attempted(sent, tries)
    note({ ...known, sent })
    if (sent.status === 410) await halt(lane, endpoint)
  }

  /** Nothing more begins while the endpoint is being disabled. */
  async function halt(lane: Lane, gone: AskedEndpoint): Promise<void> {
    drop(lane)
    lane.isHalted = true
    await disable(gone, 'gone').catch(onFault)
    lane.isHalted = false
  }

  function note(result: Result): void {
    results.push(result)
    timer ??= setTimeout(() => {
      timer = undefined
      settling = settling.then(flush)
    }, SETTLE_MS)
  }

  /**
   * A delivery stays claimed until its result is written. If this process ends before, it begins
   * again.
   */
  async function flush(): Promise<void> {
    const batch = results.splice(0)
    if (batch.length === 0) return
    try {
      const dead = await settle(sql, batch)
      for (const { endpoint, seq } of batch) lanes.get(endpoint)?.begun.delete(seq)
      for (const one of dead) await disable(one, 'failing').catch(onFault)
    } catch (error) {
      onFault(error)
      results.unshift(...batch)
      await delay(RETRY_MS)
      if (!aborting.signal.aborted) return flush()
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      let pause = TICK_MS
      try {
        if (await tick()) pause = PAUSE_MS
      } catch (error) {
        if (stopping.signal.aborted) return
        onFault(error)
        pause = RETRY_MS
      }
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const running = loop()
  return {
    stop: async () => {
      stopping.abort()
      await running
      const until = performance.now() + STOP_MS
      const underWay = () => [...lanes.values()].some((lane) => lane.underWay > 0)
      while (underWay() && performance.now() < until) await delay(PAUSE_MS)
      aborting.abort()
      clearTimeout(timer)
      await settling
      await flush()
      await releaseEndpoints(sql, owner).catch(onFault)
      http.close()
    },
  }
}

function bodyOf(claimed: Claimed): string {
  const body = JSON.stringify(presentEvent(claimed, claimed.seq))
  if (Buffer.byteLength(body) <= BODY_BYTES_MAX) return body
  // No event is this long at present. The receiver would still learn of it, and could pull the
  // rest.
  const { type, timestamp, seq } = presentEvent(claimed, claimed.seq)
  return JSON.stringify({ type, timestamp, seq, data: { is_too_long: true } })
}

export type { Sent }
