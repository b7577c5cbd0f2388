import type { FastifyInstance } from 'fastify'
import type { DatabaseConfig } from '../../database/config.ts'
import { connect } from '../../database/connect.ts'

const CHANNEL = 'api_keys'
const CLOSE_TIMEOUT_S = 1

/**
 * Hears, from triggers in the database, whose key's or customer's row has changed. The driver listens
 * again after a lost connection; what was missed meanwhile is nothing to rely on, and so the verifier
 * asks again by itself.
 * @param onChange with the id of a key or of a customer
 */
export function hearOfKeyChanges(
  app: FastifyInstance,
  config: DatabaseConfig,
  onChange: (id: string) => void,
): void {
  const sql = connect(config, 'key changes')
  app.addHook('onReady', async () => {
    // A start does not wait for it, nor fail by it.
    sql.listen(CHANNEL, onChange).catch((error: unknown) => {
      app.log.warn({ err: error }, 'Changes of keys are not heard of for now')
    })
  })
  app.addHook('onClose', () => sql.end({ timeout: CLOSE_TIMEOUT_S }))
}
