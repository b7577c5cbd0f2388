import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { Count } from '../../cluster/questions.ts'
import { type Opened, QUESTIONS } from '../../cluster/questions.ts'
import { type OpenDatabase, openDatabase } from '../../database/open.ts'
import { countsOfAll } from '../../http/rate-limits/counts.ts'
import { failingAddresses } from '../../http/rate-limits/failing-addresses.ts'
import type { Config } from '../config.ts'
import { type Lifecycle, STOP_MS_MAX } from '../lifecycle.ts'
import { metricsOfAll } from './metrics.ts'
import { keepWorkers } from './workers.ts'

/** The part of the time to stop that is left for this process, after its workers have stopped. */
const OWN_STOP_MS = 2_000

/**
 * The primary process opens the database, keeps the workers running, and passes connections to them
 * in turn. It also does what one process must do for all: it counts limits and failed
 * authentication, and combines metrics. It answers no requests and knows nothing of money.
 */
export function primaryProcess(config: Config, logger: Logger, program: URL): Lifecycle<string> {
  const metrics = metricsOfAll()
  const counts = countsOfAll()
  const addresses = failingAddresses()
  let database: OpenDatabase | undefined
  /** Only the first worker gets this number, and records it. */
  let migrated = 0

  function opened(): Opened {
    const told = { url: database?.config.url, migrated }
    migrated = 0
    return told
  }

  cluster.setupPrimary({ exec: fileURLToPath(program), serialization: 'advanced' })
  const workers = keepWorkers({
    count: config.processes,
    logger,
    joined: (worker) => {
      metrics.join(worker)
      worker.answer(QUESTIONS.opened, opened)
      worker.answer(QUESTIONS.counts, (asked: Count[]) => counts(asked))
      worker.answer(QUESTIONS.failures, (failed: string[]) =>
        failed.map((address) => addresses.note(address, Date.now())),
      )
      worker.answer(QUESTIONS.alarming, () => addresses.alarming(Date.now()))
      worker.answer(QUESTIONS.scrape, () => metrics.text())
    },
    left: (worker) => metrics.leave(worker),
    failed: (error) => {
      process.stderr.write(`Strongroom can't go on. ${error.message}\n`)
      // Handled like any other unhandled fault: the rest stops in good order, and the exit code is
      // 1.
      setImmediate(() => {
        throw error
      })
    },
  })

  async function start(aborted: AbortSignal): Promise<string> {
    try {
      const log = {
        info: (message: string) => logger.info(message),
        warn: (message: string) => logger.warn(message),
      }
      database = await openDatabase(config, log, aborted)
      migrated = database.migrated
      return await workers.start(aborted)
    } catch (error) {
      await stop()
      throw error
    }
  }

  async function stop(): Promise<void> {
    await workers.stop(STOP_MS_MAX - OWN_STOP_MS + config.drainDelayMs)
    await database?.close()
    database = undefined
  }

  return { start, stop, drainDelayMs: config.drainDelayMs }
}
