import type { Logger } from 'pino'
import { primary } from './cluster/primary.ts'
import { banner } from './process/banner.ts'
import { type Config, misspeltSettings, processEnvironment, readConfig } from './process/config.ts'
import { withDevelopmentSecrets } from './process/development-secrets.ts'
import { type Lifecycle, live, main } from './process/lifecycle.ts'
import { createLogger } from './http/logging.ts'

/**
 * Answers requests and, unless RUN_JOBS=false, runs the background jobs. With PROCESSES above 1,
 * the first process becomes the primary of that many workers, which run the same program.
 */
export function serve(program: URL): Promise<void> {
  return main(async () => {
    const environment = processEnvironment()
    const config = readConfig(withDevelopmentSecrets(environment))
    const logger = createLogger(config.logLevel, { sharesOutput: config.processes > 1 })
    if (primary() === null) {
      for (const notice of misspeltSettings(environment)) logger.warn(notice)
    }
    const origin = await live(logger, await roleOf(config, logger, program))
    if (primary() === null && !config.production) {
      process.stdout.write(banner(environment, config, origin))
    }
  })
}

/**
 * Chooses what this process is. Modules are loaded late, so that the primary does not load the
 * service.
 */
async function roleOf(config: Config, logger: Logger, program: URL): Promise<Lifecycle<string>> {
  if (config.processes > 1 && primary() === null) {
    const { primaryProcess } = await import('./process/cluster/primary.ts')
    return primaryProcess(config, logger, program)
  }
  const { service } = await import('./service.ts')
  return service(config, logger, { answer: true, work: config.runJobs })
}
