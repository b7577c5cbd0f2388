import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { databaseErrorCode } from './faults.ts'
import type { KindName } from './kinds.ts'
import { outageLog, isOutage } from './outages.ts'

/** A server that hangs counts as unavailable, because a monitor needs its answer in time. */
const ANSWER_MS_MAX = 2_000
/** Anyone may ask, so the cost is bounded: one round of checks in this time. */
const FRESH_MS = 500
/** A check that is older than the longest statement before it is no longer just queued. */
const UNANSWERED_MS_MAX = 7_000

type State = 'ok' | 'unavailable'

export interface Readiness {
  /** @returns a function to call when this connection no longer exists */
  watch(kind: KindName, ask: () => PromiseLike<unknown>): () => void
  /** The kinds that are unavailable; empty if all is well. */
  unavailable(): Promise<KindName[]>
}

interface Watched {
  kind: KindName
  ask: () => PromiseLike<unknown>
  /** The result of the last completed check. */
  known: State
  /** When the running check began; null if none runs. */
  askedAt: number | null
}

/**
 * Checks every kind of connection, because each has its own settings and may be refused separately:
 * by a role's limit, or by a pooler. A kind that is busy or waits for a lock is still available, so a
 * late check leaves the known state unchanged. Nothing else runs on the connection of `health`: if
 * its check is late, the server hangs.
 */
export function readiness(log: FastifyBaseLogger): Readiness {
  const watched = new Set<Watched>()
  const note = outageLog(log)
  let round: { answer: Promise<KindName[]>; until: number } | undefined

  async function ask(one: Watched): Promise<void> {
    if (one.askedAt !== null) return
    one.askedAt = performance.now()
    try {
      await one.ask()
      one.known = 'ok'
    } catch (error) {
      note(error, one.kind)
      // Any other error, such as that of a failed transaction, is an answer too.
      const isThere = databaseErrorCode(error) !== undefined && !isOutage(error)
      one.known = isThere ? 'ok' : 'unavailable'
    } finally {
      one.askedAt = null
    }
  }

  function stateOf({ kind, known, askedAt }: Watched): State {
    if (askedAt === null) return known
    const waitedMs = performance.now() - askedAt
    const isLate = kind === 'health' || waitedMs > UNANSWERED_MS_MAX
    return isLate ? 'unavailable' : known
  }

  async function askAll(): Promise<KindName[]> {
    const controller = new AbortController()
    const { signal } = controller
    const timeout = delay(ANSWER_MS_MAX, undefined, { signal }).catch(() => undefined)
    await Promise.race([Promise.all([...watched].map(ask)), timeout])
    controller.abort()
    const away = [...watched].filter((one) => stateOf(one) !== 'ok').map(({ kind }) => kind)
    return [...new Set(away)]
  }

  return {
    watch: (kind, question) => {
      const one: Watched = { kind, ask: question, known: 'unavailable', askedAt: null }
      watched.add(one)
      return () => void watched.delete(one)
    },
    unavailable: () => {
      const now = performance.now()
      if (round === undefined || now >= round.until) {
        // No other round begins before this one ends.
        const current = { answer: askAll(), until: Infinity }
        round = current
        void current.answer.finally(() => (current.until = performance.now() + FRESH_MS))
      }
      return round.answer
    },
  }
}
