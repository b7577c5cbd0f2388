import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import { type KeyCalls, keyCalls } from './calls.ts'
import type { KeyHolder } from '../../auth/api-key.ts'
import type { Verifier } from '../../auth/verifier.ts'
import type { DatabaseConfig } from '../../database/config.ts'
import type { Tokens } from '../../process/config.ts'
import { hearOfKeyChanges } from './changes.ts'
import { parseApiKey } from './format.ts'
import { keyMetrics } from './metrics.ts'
import { keyNotes } from './notes.ts'
import { type Peppers, keyPeppers } from './peppers.ts'
import { keyStates } from './states.ts'
import { credentialVerifier } from './verifier.ts'
import { apiKeySteps } from './erasure.ts'
import { apiKeyExports } from './export.ts'
import { deleteOldCalls } from './retention.ts'

const CLOSE_TIMEOUT_S = 5

declare module 'fastify' {
  interface FastifyInstance {
    apiKeys: {
      /** Makes the digests of new keys. */
      peppers: Peppers
      verifier: Verifier<KeyHolder>
      /** Counts calls by key and hour. */
      calls: KeyCalls
      /**
       * For tokens, which are checked in the same way: the connections, and the announced changes.
       */
      reading: postgres.Sql
      noting: postgres.Sql
      onChange(listener: (id: string) => void): void
    }
  }
}

export interface ApiKeysOptions {
  config: DatabaseConfig
  peppers: Tokens
}

/** Checks API keys, with one connection that reads them and another that notes their use. */
export const apiKeys = fp(
  async (app: FastifyInstance, { config, peppers: secrets }: ApiKeysOptions) => {
    const reading = app.connections.open('keys')
    const noting = app.connections.open('key notes')
    const peppers = keyPeppers(secrets)
    const notes = keyNotes(noting, app.log)
    const calls = keyCalls(noting, app.log)
    const read = keyStates(reading, peppers.ids)
    const verifier = credentialVerifier({
      parse: (presented) => parseApiKey(presented)?.keyId ?? null,
      read,
      note: notes.add,
      count: keyMetrics(app.metrics),
      refused: (id) => calls.add(id, 401),
      peppers,
    })
    const listeners = [(id: string) => verifier.doubt(id)]
    hearOfKeyChanges(app, config, (id) => listeners.forEach((listener) => listener(id)))
    app.decorate('apiKeys', {
      peppers,
      verifier,
      calls,
      reading,
      noting,
      onChange: (listener) => void listeners.push(listener),
    })
    app.jobs.add({
      name: 'delete_old_key_calls',
      cron: '41 4 * * *',
      isSingle: true,
      run: async () => {
        const hours = await deleteOldCalls(app.db)
        app.log.info({ hours }, 'Deleted old counts of calls by key')
      },
    })
    app.erasures.addSteps(apiKeySteps)
    app.personal.addExports(...apiKeyExports)
    // After a restart all callers arrive at once; the first need not wait for a connection.
    app.addHook('onReady', async () => void (await read('').catch(() => undefined)))
    app.addHook('onClose', async () => {
      await Promise.all([notes.close(), calls.close()])
      await Promise.all([reading, noting].map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })))
    })
  },
  { name: 'api-keys', dependencies: ['database', 'jobs', 'metrics', 'privacy'] },
)
