import { ADMIN_TOKEN, INTERNAL_TOKEN } from '../support/service.ts'

const ANSWER_MS_MAX = 15_000

export interface Answer {
  status: number
  // The callers read answers of every kind, and judge their status.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

export interface Sent {
  as?: 'admin' | 'internal' | { key: string }
  body?: unknown
  headers?: Record<string, string>
  /** The statuses that are right here. A 503 or a lost connection is a fault's doing anywhere. */
  expects: readonly number[]
}

export type Send = (method: string, path: string, sent: Sent) => Promise<Answer | null>

/** Sends calls, and counts their answers and latencies. */
export function countingCalls(origin: string) {
  /** By caller, then by status; `none` without an answer. */
  const answers = new Map<string, Map<string, number>>()
  const wrong: string[] = []
  let latencies: number[] = []

  function note(caller: string, status: string): void {
    const counts = answers.get(caller) ?? new Map<string, number>()
    answers.set(caller, counts.set(status, (counts.get(status) ?? 0) + 1))
  }

  /** @returns a function that sends for this caller; null for a call without a right answer */
  function sender(caller: string): Send {
    return async (method, path, { as, body, headers, expects }) => {
      const startedAt = performance.now()
      try {
        const response = await fetch(origin + path, {
          method,
          headers: {
            ...credentialOf(as),
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(ANSWER_MS_MAX),
        })
        const text = await response.text()
        latencies.push(performance.now() - startedAt)
        note(caller, String(response.status))
        const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
        if (expects.includes(response.status)) {
          return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text }
        }
        if (response.status !== 503) {
          wrong.push(`${caller}: ${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
        }
      } catch {
        note(caller, 'none')
      }
      return null
    }
  }

  return {
    sender,
    answers,
    wrong,
    /** The latencies since it was last asked, in milliseconds, sorted. */
    takeLatencies: () => {
      const taken = latencies.toSorted((a, b) => a - b)
      latencies = []
      return taken
    },
  }
}

function credentialOf(as: Sent['as']): Record<string, string> {
  if (as === 'admin') return { authorization: `Bearer ${ADMIN_TOKEN}` }
  if (as === 'internal') return { 'x-internal-token': INTERNAL_TOKEN }
  return as === undefined ? {} : { 'x-api-key': as.key }
}
