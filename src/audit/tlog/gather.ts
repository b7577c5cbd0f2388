import { setTimeout as delay } from 'node:timers/promises'
import type { Policy } from '../verifier.ts'
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
  /** Publishes with the signature lines gathered so far. */
  store: (lines: readonly string[], hasQuorum: boolean) => Promise<void>
}

/**
 * Asks all witnesses at the same time, with one request under way to each, and publishes with the
 * cosignatures that arrive in time. A later cosignature is added while the checkpoint is still the
 * newest.
 * @returns the faults, each with the URL of its server
 */
export async function gather(
  servers: readonly WitnessServer[],
  policy: Policy | null,
  { closing, ask, heed, store }: Gathering,
): Promise<string[]> {
  const faults = new Map<string, string>()
  const lines: string[] = []
  const names = new Set<string>()
  const hasQuorum = () => policy === null || policy.isQuorum(names)
  const stop = new AbortController()
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
    lines.push(...answer.lines)
    for (const name of answer.names) names.add(name)
    if (isLate) return store(lines, hasQuorum())
    if (hasQuorum()) reach()
  }

  const all = Promise.allSettled(servers.map(ofServer))
  const bound = delay(QUORUM_MS_MAX, undefined, {
    signal: AbortSignal.any([closing, stop.signal]),
  }).catch(() => undefined)
  await Promise.race([all, reached.then(() => delay(OTHERS_MS)), bound])
  isLate = true
  stop.abort()
  await store(lines, hasQuorum())
  return [...faults].map(([url, fault]) => `${url} ${fault}`)
}
