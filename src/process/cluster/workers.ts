import cluster, { type Worker } from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Peer, peerOf } from '../../cluster/peer.ts'
import { QUESTIONS } from '../../cluster/questions.ts'

/**
 * The service ends if this many processes in a row end before they have started, while none runs.
 */
const FAILED_STARTS_MAX = 3
/** If processes end sooner than this after their start, restarts are delayed more and more. */
const SETTLED_MS = 10_000
const RESTART_MS = { min: 100, max: 10_000 } as const

/** Why no process could start; the message is that of the last one. */
export class WorkersFailed extends Error {}

export interface WorkersOptions {
  count: number
  logger: Logger
  /** Called for each process before it runs, to set the answers to its questions. */
  joined: (worker: Peer) => void
  left: (worker: Peer) => void
  /** Called if the service can't go on after it has run. */
  failed: (error: WorkersFailed) => void
}

interface Member {
  worker: Worker
  startedAt: number
  isReady: boolean
  /** The process's own message why it can't start. */
  fault: string | undefined
}

/** Keeps a number of processes of this program running. */
export function keepWorkers({ count, logger, joined, left, failed }: WorkersOptions) {
  const members = new Set<Member>()
  const restarts = new Set<NodeJS.Timeout>()
  let origin: string | undefined
  let started: { resolve(at: string): void; reject(error: Error): void } | undefined
  let isStopping = false
  let allGone: (() => void) | undefined
  /** How many processes in a row ended soon after their start. */
  let shortLived = 0

  function fork(): void {
    // Workers must not notify systemd: this process does so once all have started.
    const worker = cluster.fork({ NOTIFY_SOCKET: undefined })
    const member: Member = {
      worker,
      startedAt: performance.now(),
      isReady: false,
      fault: undefined,
    }
    members.add(member)
    const peer = peerOf({
      on: (event, listener) => worker.on(event, listener),
      send: (message, told) => worker.send(message, told),
    })
    peer.answer(QUESTIONS.fault, (fault: string) => void (member.fault = fault))
    peer.answer(QUESTIONS.ready, (at: string) => {
      member.isReady = true
      if (members.size < count || [...members].some(({ isReady }) => !isReady)) return
      origin ??= at
      started?.resolve(origin)
    })
    joined(peer)
    const end = (how: string | number) => {
      if (!members.delete(member)) return
      left(peer)
      if (!isStopping) replace(member, how)
      if (members.size === 0) allGone?.()
    }
    worker.once('exit', (code, signal) => end(signal ?? code))
    worker.on('error', () => {
      // Without a pid, the process could not be made. With one, a message was not sent, and its
      // sender notices that.
      if (worker.process.pid === undefined) end('no process')
    })
  }

  function replace(member: Member, how: string | number): void {
    const { worker, startedAt, isReady, fault } = member
    shortLived = performance.now() - startedAt < SETTLED_MS || !isReady ? shortLived + 1 : 0
    const ended = `A process ended with ${how} before it had started.`
    const last = new WorkersFailed(fault ?? ended)
    const isAnyReady = [...members].some((other) => other.isReady)
    if (!isReady && !isAnyReady && shortLived >= FAILED_STARTS_MAX) {
      isStopping = true
      if (origin === undefined) started?.reject(last)
      else failed(last)
      return
    }
    const inMs = Math.min(RESTART_MS.min * 2 ** Math.max(0, shortLived - 1), RESTART_MS.max)
    logger.error(
      { ended_pid: worker.process.pid, ended_with: how, restart_ms: inMs, reason: fault },
      'A process has ended by itself and will be replaced',
    )
    const timer = setTimeout(() => {
      restarts.delete(timer)
      fork()
    }, inMs)
    restarts.add(timer)
  }

  return {
    /**
     * @returns the origin at which they listen, once all do
     * @throws WorkersFailed
     */
    start: async (aborted: AbortSignal): Promise<string> => {
      aborted.throwIfAborted()
      const all = new Promise<string>((resolve, reject) => (started = { resolve, reject }))
      aborted.addEventListener('abort', () => started?.reject(aborted.reason as Error))
      for (let n = 0; n < count; n++) fork()
      return all
    },

    /** Stops all in good order, and kills those that have not ended after `msMax`. */
    stop: async (msMax: number): Promise<void> => {
      isStopping = true
      restarts.forEach(clearTimeout)
      if (members.size === 0) return
      const gone = new Promise<true>((resolve) => (allGone = () => resolve(true)))
      for (const { worker } of members) worker.process.kill('SIGTERM')
      if (await Promise.race([gone, delay(msMax, false, { ref: false })])) return
      logger.error({ processes: members.size }, 'Killing processes that do not end')
      for (const { worker } of members) worker.process.kill('SIGKILL')
      await gone
    },
  }
}
