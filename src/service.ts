import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { primary } from './cluster/primary.ts'
import { type Opened, QUESTIONS } from './cluster/questions.ts'
import { recordStart } from './auth/started.ts'
import type { Config } from './process/config.ts'
import { type Jobs, startJobs } from './jobs/runner.ts'
import type { Lifecycle } from './process/lifecycle.ts'
import { type OpenDatabase, type OpenLog, openDatabase } from './database/open.ts'
import { lookAtAdminTokens } from './auth/in-use.ts'

export interface Duties {
  /** Listens and answers requests. */
  answer: boolean
  /** Runs the background jobs. */
  work: boolean
}

/** Starts the database, then the app, then the jobs, and stops them in the opposite order. */
export function service(
  config: Config,
  logger: FastifyBaseLogger,
  duties: Duties,
): Lifecycle<string> {
  const log: OpenLog = {
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
  }
  let database: OpenDatabase | undefined
  let app: FastifyInstance | undefined
  let jobs: Jobs | undefined

  /** @returns where it listens */
  async function start(aborted: AbortSignal): Promise<string> {
    try {
      database = (await openedByPrimary(config)) ?? (await openDatabase(config, log, aborted))
      app = await buildApp({ ...config, database: database.config }, logger)
      await app.ready()
      aborted.throwIfAborted()
      if (duties.answer) await lookAtAdminTokens(app, config)
      aborted.throwIfAborted()
      // A server that can't write still answers reads; each write is refused by itself.
      const program = duties.answer ? 'server' : 'worker'
      await recordStart(app, config, program, database.migrated).catch((error: unknown) =>
        logger.error({ err: error }, 'Could not record the start in the audit log'),
      )
      aborted.throwIfAborted()
      if (duties.work) jobs = await startJobs(app, database.config)
      aborted.throwIfAborted()
      if (duties.answer) await app.listen({ host: config.host, port: config.port })
      return duties.answer ? app.listeningOrigin : ''
    } catch (error) {
      await stop()
      throw error
    }
  }

  async function stop(): Promise<void> {
    app?.draining.begin()
    const isAnswering = app?.server.listening === true
    // Jobs use what the app's plugins provide, so the app closes after them.
    await Promise.all([jobs?.stop(), isAnswering && delay(config.drainDelayMs)])
    await app?.close()
    await database?.close()
    jobs = app = database = undefined
  }

  return { start, stop, drainDelayMs: config.drainDelayMs }
}

/** The database that the primary has opened. Its workers neither check nor migrate it again. */
async function openedByPrimary({ database }: Config): Promise<OpenDatabase | undefined> {
  const { url, migrated } = (await primary()?.ask<Opened>(QUESTIONS.opened, null)) ?? {}
  if (migrated === undefined) return undefined
  return { config: { ...database, url }, migrated, close: async () => undefined }
}
