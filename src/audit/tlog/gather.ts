import { setTimeout as delay } from 'node:timers/promises'
import type { Cosignatures } from './cosignatures.ts'
import type { Answer, WitnessServer } from './witnesses.ts'

/** A checkpoint is published when the quorum is reached, or after this long without it. */
const QUORUM_MS_MAX = 5_000
/** How long the other witnesses may still answer once the quorum is reached. */
const OTHERS_MS = 200
/** Until the checkpoint is published, a witness that fails is asked again after this long. */
const RETRY_MS = 1_000

export interface Gathering {
  /** Ends the waiting when the process closes. */
  closing: AbortSignal
  ask: (server: WitnessServer) => Promise<Answer> | null
  /** Handles an answer that may mean that the log is behind. */
  heed: (answer: Answer) => Promise<void>
  /** Publishes with the cosignatures gathered so far. */
  store: () => Promise<void>
}

/**
 * Asks all witnesses at the same time, with one request under way to each, and publishes with the
 * cosignatures that arrive in time. A later cosignature is added while the checkpoint is still the
 * newest.
 * @param cosigned receives the cosignatures
 * @returns the faults, each with the URL of its server
 */
export async function gather(
  servers: readonly WitnessServer[],
  cosigned: Cosignatures,
  { closing, ask, heed, store }: Gathering,
): Promise<string[]> {
  const faults = new Map<string, string>()
  const stop = new AbortController()
  const end = () => stop.abort()
  let isLate = false
  let reach = () => {}
  const reached = new Promise<void>((resolve) => (reach = resolve))

  async function ofServer(server: WitnessServer): Promise<void> {
    while (!stop.signal.aborted) {
      const answer = (await ask(server)) ?? { fault: 'still answers an earlier request' }
      if (!('fault' in answer)) return take(server, answer)
      faults.set(server.url, answer.fault)
      await delay(RETRY_MS, undefined, { signal: stop.signal })
    }
  }

  async function take({ url }: WitnessServer, answer: Exclude<Answer, { fault: string }>) {
    faults.delete(url)
    if ('behind' in answer) return heed(answer)
    cosigned.add(url, answer)
    if (isLate) return store()
    if (cosigned.hasQuorum()) reach()
  }

  const all = Promise.allSettled(servers.map(ofServer))
  const bound = delay(QUORUM_MS_MAX, undefined, { signal: stop.signal }).catch(() => undefined)
  // The process may close once in a very long time, so nothing of a round may stay in this signal.
  closing.addEventListener('abort', end)
  if (closing.aborted) end()
  await Promise.race([all, reached.then(() => delay(OTHERS_MS)), bound])
  closing.removeEventListener('abort', end)
  isLate = true
  end()
  await store()
  return [...faults].map(([url, fault]) => `${url} ${fault}`)
}
