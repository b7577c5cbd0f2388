import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { primary, whenPrimaryIsGone } from '../cluster/primary.ts'
import { QUESTIONS } from '../cluster/questions.ts'
import { endThoughLogHangs } from './hung-log.ts'
import { whenNpmIsGone } from './npm.ts'
import { STOP_SIGNALS } from './signals.ts'
import { explainStartupFault } from './startup-faults.ts'
import { notifyReady } from './systemd.ts'

/**
 * The time for ending requests and jobs, and then the embedded database, which may have much to
 * write. The time for which a server still answers is added.
 */
export const STOP_MS_MAX = 25_000

export interface Lifecycle<T> {
  /** Leaves nothing behind if it fails, and gives up between its steps once it is aborted. */
  start: (aborted: AbortSignal) => Promise<T>
  stop: () => Promise<void>
  /** How long `stop` waits before it begins. */
  drainDelayMs?: number
}

/** Starts a process's work, and stops it in good order on a signal or an unhandled fault. */
export async function live<T>(
  logger: Logger,
  { start, stop, drainDelayMs = 0 }: Lifecycle<T>,
): Promise<T> {
  // Listens here, because closeWithGrace takes a second signal as an order to stop at once; and
  // before the start, which waits for other programs first.
  const stopping = new AbortController()
  const writeLog = endThoughLogHangs(logger)
  const stopFor = (reason: object) => {
    // Ctrl-C under `npm start` arrives twice, from the terminal and from npm. The second changes
    // nothing.
    if (stopping.signal.aborted) return
    stopping.abort()
    logger.info(reason, 'Draining')
    void writeLog()
    close()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, () => stopFor({ signal }))
  whenNpmIsGone(() => stopFor({ reason: 'npm is gone' }))
  whenPrimaryIsGone(() => stopFor({ reason: 'the primary process is gone' }))

  const { close } = closeWithGrace(
    { delay: STOP_MS_MAX + drainDelayMs, logger: null, skip: [...STOP_SIGNALS, 'beforeExit'] },
    async ({ err }) => {
      if (err !== undefined) logger.fatal({ err }, 'Stopping after a fault that nothing handled')
      // Ctrl-C in the middle of a start must not leave the embedded database behind.
      await started.catch(() => undefined)
      await stop()
      await writeLog()
    },
  )
  const started = start(stopping.signal)
  // An aborted start is not a failed start: the process ends as after any order to stop.
  const result = await started.catch((error: unknown) =>
    stopping.signal.aborted ? new Promise<never>(() => undefined) : Promise.reject(error as Error),
  )
  await primary()?.ask(QUESTIONS.ready, result)
  await notifyReady(logger)
  return result
}

/** Runs a program; if its start fails, prints an explanation and ends. */
export async function main(program: () => Promise<void>): Promise<void> {
  try {
    await program()
  } catch (error) {
    const fault = explainStartupFault(error)
    const above = primary()
    if (above !== null) {
      // The primary prints the fault, once for all workers. The open channel would keep this
      // process alive, so it exits explicitly.
      await above.ask(QUESTIONS.fault, fault).catch(() => undefined)
      process.exit(1)
    }
    process.stderr.write(`Strongroom did not start. ${fault}\n`)
    process.exitCode = 1
  }
}
