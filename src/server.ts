import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { type Config, processEnvironment, readConfig } from './config.ts'
import { secretPath, withDevelopmentSecrets } from './development-secrets.ts'
import { openDatabase } from './plugins/database/open.ts'
import { createLogger } from './plugins/logging.ts'
import { explainStartupFault } from './startup-faults.ts'

const DRAIN_MS_MAX = 15_000

async function serve(): Promise<void> {
  const config = readConfig(withDevelopmentSecrets(processEnvironment()))
  const logger = createLogger(config.logLevel)
  const database = await openDatabase(config, (message) => logger.info(message))
  let app: FastifyInstance
  try {
    app = await buildApp({ ...config, database: database.config }, logger)
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await database.close()
    throw error
  }
  if (!config.production) process.stdout.write(banner(config, app.listeningOrigin))

  closeWithGrace({ delay: DRAIN_MS_MAX, logger: null }, async ({ err, signal }) => {
    if (err === undefined) logger.info({ signal }, 'Draining')
    else logger.fatal({ err }, 'Stopping after a fault that nothing handled')
    await app.close()
    await database.close()
  })
}

function banner(config: Config, origin: string): string {
  const secret = secretPath(config.dataDir, 'ADMIN_API_TOKEN')
  return `
  Strongroom listens on ${origin}
  Docs     ${origin}/docs
  Secrets  ${secret.replace(/[^/]*$/, '')}
  Try      curl -s ${origin}/api/customers -H "Authorization: Bearer $(cat '${secret}')" \\
             -H 'content-type: application/json' -d '{"email":"ada@example.com"}'

`
}

try {
  await serve()
} catch (error) {
  process.stderr.write(`Strongroom did not start. ${explainStartupFault(error)}\n`)
  process.exitCode = 1
}
