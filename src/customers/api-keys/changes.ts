import type { FastifyInstance } from 'fastify'
import type { DatabaseConfig } from '../../database/config.ts'
import { connect } from '../../database/connect.ts'

const CHANNEL = 'api_keys'
const CLOSE_TIMEOUT_S = 1

/**
 * Listens for changes of keys' and customers' rows, which triggers in the database announce. The
 * driver listens again after a lost connection. Announcements can be missed meanwhile, so the
 * verifier also reads again by itself.
 * @param onChange gets the id of a key or of a customer
 */
export function hearOfKeyChanges(
  app: FastifyInstance,
  config: DatabaseConfig,
  onChange: (id: string) => void,
): void {
  const sql = connect(config, 'key changes')
  app.addHook('onReady', async () => {
    // A start neither waits for this nor fails because of it.
    sql.listen(CHANNEL, onChange).catch((error: unknown) => {
      app.log.warn({ err: error }, 'Changes of keys are not heard of for now')
    })
  })
  app.addHook('onClose', () => sql.end({ timeout: CLOSE_TIMEOUT_S }))
}
