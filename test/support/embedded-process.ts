import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'

/** A process that uses the embedded server in a folder until SIGTERM, for tests that kill it. */
const embedded = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  log: (message) => process.stdout.write(`${message}\n`),
})
process.stdout.write('ready\n')
const alive = setInterval(() => undefined, 60_000)
process.on('SIGTERM', () => {
  clearInterval(alive)
  void embedded.stop()
})
