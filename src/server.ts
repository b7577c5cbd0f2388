import type { Logger } from 'pino'
import { primary } from './cluster/primary.ts'
import { banner } from './process/banner.ts'
import { type Config, processEnvironment, readConfig } from './process/config.ts'
import { withDevelopmentSecrets } from './process/development-secrets.ts'
import { type Lifecycle, live, main } from './process/lifecycle.ts'
import { refuseInspector } from './process/no-inspector.ts'
import { createLogger } from './http/logging.ts'

refuseInspector()

/**
 * Answers requests and, unless RUN_JOBS=false, runs the background jobs. With PROCESSES above 1 this
 * process is the primary of as many others, which run this program too.
 */
await main(async () => {
  const environment = processEnvironment()
  const config = readConfig(withDevelopmentSecrets(environment))
  const logger = createLogger(config.logLevel, { sharesOutput: config.processes > 1 })
  const origin = await live(logger, await roleOf(config, logger))
  if (primary() === null && !config.production) {
    process.stdout.write(banner(environment, config.dataDir, origin))
  }
})

/** The primary does not load the service. */
async function roleOf(config: Config, logger: Logger): Promise<Lifecycle<string>> {
  if (config.processes > 1 && primary() === null) {
    const { primaryProcess } = await import('./process/cluster/primary.ts')
    return primaryProcess(config, logger, new URL(import.meta.url))
  }
  const { service } = await import('./service.ts')
  return service(config, logger, { answer: true, work: config.runJobs })
}
