import { createLogger } from './http/logging.ts'
import { misspeltSettings, processEnvironment, readConfig } from './process/config.ts'
import { withDevelopmentSecrets } from './process/development-secrets.ts'
import { live, main } from './process/lifecycle.ts'
import { service } from './service.ts'

/** Runs only the background jobs, beside servers with RUN_JOBS=false. */
export function work(): Promise<void> {
  return main(async () => {
    const environment = processEnvironment()
    const config = readConfig(withDevelopmentSecrets(environment))
    const logger = createLogger(config.logLevel)
    for (const notice of misspeltSettings(environment)) logger.warn(notice)
    await live(logger, service(config, logger, { answer: false, work: true }))
    logger.info('Running background jobs')
  })
}
