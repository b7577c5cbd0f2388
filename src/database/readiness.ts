import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { databaseErrorCode } from './faults.ts'
import type { KindName } from './kinds.ts'
import { outageLog, isOutage } from './outages.ts'

/** A server that hangs is as good as away: a monitor needs its answer in time. */
const ANSWER_MS_MAX = 2_000
/** Anyone may ask, so what asking costs is bounded: one round of questions in this time. */
const FRESH_MS = 500
/** Beyond what the statements before it may take, a question is no longer in a queue. */
const UNANSWERED_MS_MAX = 7_000

type State = 'ok' | 'unavailable'

export interface Readiness {
  /** @returns what to call when there is no such connection any more */
  watch(kind: KindName, ask: () => PromiseLike<unknown>): () => void
  /** Those that are not to be had: none, if all is well. */
  unavailable(): Promise<KindName[]>
}

interface Watched {
  kind: KindName
  ask: () => PromiseLike<unknown>
  /** What the last question that was answered came to. */
  known: State
  /** Since when a question is under way. */
  askedAt: number | null
}

/**
 * Asks every kind of connection, because each has settings of its own and may be refused by itself: by
 * a role's limit, or by a pooler. One that is busy with its work, or waits for a lock, is not away; so
 * a question that is late leaves what was known before. On the connection of `health` nothing else
 * runs: where that one is late, the server hangs.
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
      // Any other answer, as in a transaction that has failed, is an answer too.
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
        // Until it has ended nobody begins another.
        const current = { answer: askAll(), until: Infinity }
        round = current
        void current.answer.finally(() => (current.until = performance.now() + FRESH_MS))
      }
      return round.answer
    },
  }
}
