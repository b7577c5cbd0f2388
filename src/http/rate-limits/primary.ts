import type { FastifyInstance } from 'fastify'
import type { Peer } from '../../cluster/peer.ts'
import { type Count, type Counted, QUESTIONS } from '../../cluster/questions.ts'
import { COUNT_MS_MAX, PROBE_INTERVAL_MS, type SharedCounts } from './shared.ts'

/** How many counts may wait for the primary. Beyond that the process counts by itself. */
const WAITING_MAX = 10_000

type Told = (error: Error | null, counted?: Counted) => void

/**
 * Counts in the primary process, for all its workers. One message takes all counts of one turn of
 * the event loop. A primary that does not answer is treated like a Redis that is unavailable.
 */
export function countsInPrimary(app: FastifyInstance, primary: Peer): SharedCounts {
  let up = true
  let isProbing = false
  let waiting = 0
  let batch: { count: Count; told: Told }[] = []

  function mark(isUp: boolean): void {
    if (isUp === up) return
    up = isUp
    if (isUp) app.log.info('The primary process answers: limits are shared')
    else app.log.warn('The primary process does not answer: limits are counted in this process')
  }

  function add(count: Count, told: Told): void {
    if (waiting === WAITING_MAX) return told(new Error('Too many counts wait for the primary'))
    waiting += 1
    if (batch.push({ count, told }) === 1) setImmediate(() => void send())
  }

  async function send(): Promise<void> {
    const sent = batch
    batch = []
    const counts = sent.map(({ count }) => count)
    try {
      const counted = await primary.ask<Counted[]>(QUESTIONS.counts, counts, COUNT_MS_MAX)
      sent.forEach(({ told }, index) => told(null, counted[index]))
    } catch (error) {
      for (const { told } of sent) told(error as Error)
    } finally {
      waiting -= sent.length
    }
  }

  /** Has no time limit, so that probes of a primary that hangs do not pile up. */
  async function probe(): Promise<void> {
    if (up || isProbing) return
    isProbing = true
    await primary.ask(QUESTIONS.counts, []).then(
      () => mark(true),
      () => undefined,
    )
    isProbing = false
  }

  const timer = setInterval(() => void probe(), PROBE_INTERVAL_MS)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))

  return {
    isUp: () => up,
    markDown: () => mark(false),
    settingsOf: (name) => ({ store: storeOf(name, add) }),
  }
}

/** A class of stores; @fastify/rate-limit makes one for each limit. */
function storeOf(limit: string, add: (count: Count, told: Told) => void) {
  return class Store {
    incr(caller: string, told: Told, windowMs = 0): void {
      add({ limit, caller, windowMs, isLook: false }, told)
    }

    read(caller: string, told: Told, windowMs = 0): void {
      add({ limit, caller, windowMs, isLook: true }, told)
    }

    /** Routes have no limits of their own. */
    child(): Store {
      return this
    }
  }
}
