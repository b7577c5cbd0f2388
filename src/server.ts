import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { banner } from './banner.ts'
import { type Config, processEnvironment, readConfig } from './config.ts'
import { withDevelopmentSecrets } from './development-secrets.ts'
import { type OpenDatabase, openDatabase } from './plugins/database/open.ts'
import { createLogger } from './plugins/logging.ts'
import { explainStartupFault } from './startup-faults.ts'

/** Requests under way, then the embedded database, which may have much to write. */
const STOP_MS_MAX = 25_000

/** Heard here, because closeWithGrace takes a second one for an order to stop at once. */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

async function serve(): Promise<void> {
  const environment = processEnvironment()
  const config = readConfig(withDevelopmentSecrets(environment))
  const logger = createLogger(config.logLevel)
  const { start, stop } = service(config, logger)
  const started = start()

  const { close } = closeWithGrace(
    { delay: STOP_MS_MAX, logger: null, skip: [...SIGNALS, 'beforeExit'] },
    async ({ err }) => {
      if (err !== undefined) logger.fatal({ err }, 'Stopping after a fault that nothing handled')
      // Ctrl-C in the middle of a start must not leave the embedded database behind.
      await started.catch(() => undefined)
      await stop()
    },
  )
  // Ctrl-C under `npm start` comes twice, from the terminal and from npm: the second changes nothing.
  let stopping = false
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      logger.info({ signal }, 'Draining')
      close()
    })
  }

  const origin = await started
  if (!config.production) process.stdout.write(banner(environment, config.dataDir, origin))
}

/** The database, then the service on it; stopped the other way round, whatever was reached. */
function service(config: Config, logger: FastifyBaseLogger) {
  let database: OpenDatabase | undefined
  let app: FastifyInstance | undefined

  /** @returns where it listens */
  async function start(): Promise<string> {
    try {
      database = await openDatabase(config, (message) => logger.info(message))
      app = await buildApp({ ...config, database: database.config }, logger)
      await app.listen({ host: config.host, port: config.port })
      return app.listeningOrigin
    } catch (error) {
      await stop()
      throw error
    }
  }

  async function stop(): Promise<void> {
    await app?.close()
    await database?.close()
    app = database = undefined
  }

  return { start, stop }
}

try {
  await serve()
} catch (error) {
  process.stderr.write(`Strongroom did not start. ${explainStartupFault(error)}\n`)
  process.exitCode = 1
}
