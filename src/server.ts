import { banner } from './process/banner.ts'
import { processEnvironment, readConfig } from './process/config.ts'
import { withDevelopmentSecrets } from './process/development-secrets.ts'
import { live, main } from './process/lifecycle.ts'
import { refuseInspector } from './process/no-inspector.ts'
import { createLogger } from './http/logging.ts'
import { service } from './service.ts'

refuseInspector()

/** Answers requests and, unless RUN_JOBS=false, runs the background jobs. */
await main(async () => {
  const environment = processEnvironment()
  const config = readConfig(withDevelopmentSecrets(environment))
  const logger = createLogger(config.logLevel)
  const duties = { answer: true, work: config.runJobs }
  const origin = await live(logger, service(config, logger, duties))
  if (!config.production) process.stdout.write(banner(environment, config.dataDir, origin))
})
