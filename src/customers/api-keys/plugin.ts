import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { DatabaseConfig } from '../../database/config.ts'
import type { Tokens } from '../../process/config.ts'
import { hearOfKeyChanges } from './changes.ts'
import { keyMetrics } from './metrics.ts'
import { keyNotes } from './notes.ts'
import { type Peppers, keyPeppers } from './peppers.ts'
import { keyStates } from './states.ts'
import { type KnowingVerifier, keyVerifier } from './verifier.ts'
import { apiKeySteps } from './erasure.ts'
import { apiKeyExports } from './export.ts'

const CLOSE_TIMEOUT_S = 5

declare module 'fastify' {
  interface FastifyInstance {
    apiKeys: {
      /** What new keys' digests are made with. */
      peppers: Peppers
      verifier: KnowingVerifier
    }
  }
}

export interface ApiKeysOptions {
  config: DatabaseConfig
  peppers: Tokens
}

/** The check of API keys, with a connection to read them and another to note their use. */
export const apiKeys = fp(
  async (app: FastifyInstance, { config, peppers: secrets }: ApiKeysOptions) => {
    const reading = app.connections.open('keys')
    const noting = app.connections.open('key notes')
    const peppers = keyPeppers(secrets)
    const notes = keyNotes(noting, app.log)
    const read = keyStates(reading, peppers.ids)
    const verifier = keyVerifier({
      read,
      note: notes.add,
      count: keyMetrics(app.metrics),
      peppers,
    })
    app.erasures.addSteps(apiKeySteps)
    app.personal.addExports(...apiKeyExports)
    hearOfKeyChanges(app, config, (id) => verifier.doubt(id))
    app.decorate('apiKeys', { peppers, verifier })
    // After a restart all callers come at once: the first does not wait for a connection.
    app.addHook('onReady', async () => void (await read('').catch(() => undefined)))
    app.addHook('onClose', async () => {
      await notes.close()
      await Promise.all([reading, noting].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'api-keys', dependencies: ['database', 'metrics', 'privacy'] },
)
