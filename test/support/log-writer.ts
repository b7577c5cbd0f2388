import { droppedLines } from '../../src/http/log-destination.ts'
import { createLogger } from '../../src/http/logging.ts'

/**
 * Writes 16 MiB of log lines at once, reports on stderr how many were dropped, and ends with the log.
 */
const logger = createLogger('info')
const text = 'x'.repeat(1_000)
for (let line = 0; line < 16_384; line++) logger.info(text)
process.stderr.write(`dropped ${droppedLines()}\n`)
