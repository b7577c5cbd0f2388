import { setTimeout as delay } from 'node:timers/promises'
import { SEED, randomOf } from './random.ts'
import { inParallel } from './scale.ts'
import { INTERNAL_TOKEN } from './service.ts'

export interface Attempt {
  key: string
  kind: 'deduct' | 'top_up'
  userId: string
  amount: number
  /** When it was first sent, and when it was answered with 200, in milliseconds since the epoch. */
  sentAt: number
  answeredAt: number | null
}

export interface MoneyClientsOptions {
  clients: number
  userIds: readonly string[]
  /** Where the service listens now; every restart changes it. */
  origin: () => string
}

const ANSWER_MS_MAX = 10_000

/**
 * Clients that move money with their own keys and remember the answers. They repeat half of the
 * unanswered calls at once, like a good client, and leave the rest open.
 */
export function moneyClients({ clients, userIds, origin }: MoneyClientsOptions) {
  /** Calls answered with 200: the ledger must have each of them, with this transfer. */
  const acknowledged = new Map<Attempt, string>()
  /** Calls without an answer, or with one that leaves the outcome open. */
  const open = new Set<Attempt>()
  /** Answers other than a success, a refusal for lack of funds, or a 503. */
  const wrong: string[] = []
  /** How often each answer arrived, to help with a failure. */
  const answers: Record<string, number> = {}
  const ended = new AbortController()

  /** @returns whether the outcome is now known */
  async function send(attempt: Attempt): Promise<boolean> {
    try {
      const answer = await fetch(`${origin()}/${attempt.kind}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-internal-token': INTERNAL_TOKEN,
          'idempotency-key': attempt.key,
        },
        body: JSON.stringify({ user_id: attempt.userId, amount: attempt.amount }),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      const text = await answer.text()
      // A proxy's own page says nothing about the outcome of the call.
      const isOurs = answer.headers.get('content-type')?.startsWith('application/json') === true
      const body = (isOurs ? JSON.parse(text) : {}) as { transfer_id?: string; code?: string }
      count(`${answer.status} ${body.code ?? ''}`)
      if (answer.status === 200) {
        attempt.answeredAt = Date.now()
        acknowledged.set(attempt, body.transfer_id ?? '')
      } else if (answer.status === 503 || !isOurs) return false
      else if (answer.status !== 402) wrong.push(`${answer.status} ${JSON.stringify(body)}`)
      return true
    } catch (error) {
      count(error instanceof Error ? error.message : String(error))
      // The connection was lost: the money may or may not have moved.
      return false
    }
  }

  function count(answer: string): void {
    answers[answer] = (answers[answer] ?? 0) + 1
  }

  async function client(number: number): Promise<void> {
    const random = randomOf(SEED + number)
    for (let turn = 0; !ended.signal.aborted; turn++) {
      const attempt: Attempt = {
        key: `client-${number}-${turn}`,
        kind: random.chance(500) ? 'deduct' : 'top_up',
        userId: random.pick(userIds),
        amount: random.int(1, 49),
        sentAt: Date.now(),
        answeredAt: null,
      }
      open.add(attempt)
      for (let tries = 1; tries === 1 || random.chance(500); tries++) {
        if (await send(attempt)) {
          open.delete(attempt)
          break
        }
        await delay(250)
      }
    }
  }
  const running = Array.from({ length: clients }, (_, number) => client(number))

  return {
    acknowledged,
    open,
    wrong,
    answers,
    /** Counts all requests, and those that were neither done nor refused for lack of funds. */
    totals: () => {
      const counts = Object.entries(answers)
      const sum = (some: typeof counts) => some.reduce((total, [, times]) => total + times, 0)
      return {
        total: sum(counts),
        failed: sum(counts.filter(([answer]) => !/^(200|402) /.test(answer))),
      }
    },
    stop: async () => {
      ended.abort()
      await Promise.all(running)
    },
    /** Repeats all open calls, with their keys. */
    resolve: async () => {
      const attempts = [...open]
      await inParallel(attempts.length, clients, async (index) => {
        const attempt = attempts[index]
        if (attempt !== undefined && (await send(attempt))) open.delete(attempt)
      })
    },
  }
}
