import { processEnvironment, readConfig } from './process/config.ts'
import { withDevelopmentSecrets } from './process/development-secrets.ts'
import { live, main } from './process/lifecycle.ts'
import { refuseInspector } from './process/no-inspector.ts'
import { createLogger } from './http/logging.ts'
import { service } from './service.ts'

refuseInspector()

/** Runs the background jobs alone, beside servers with RUN_JOBS=false. */
await main(async () => {
  const config = readConfig(withDevelopmentSecrets(processEnvironment()))
  const logger = createLogger(config.logLevel)
  await live(logger, service(config, logger, { answer: false, work: true }))
  logger.info('Running background jobs')
})
