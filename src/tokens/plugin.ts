import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { checkCounter } from '../customers/api-keys/metrics.ts'
import { keyNotes } from '../customers/api-keys/notes.ts'
import type { Verifier } from '../auth/verifier.ts'
import { credentialVerifier } from '../customers/api-keys/verifier.ts'
import type { Identity } from '../auth/identity.ts'
import type { TokenScope } from '../auth/permissions.ts'
import { parseToken } from './format.ts'
import { tokenStates } from './states.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Verifiers of the database's tokens, by scope. */
    tokens: Readonly<Record<TokenScope, Verifier<Identity>>>
  }
}

/** Tokens are verified, read and noted like API keys, on the same connections. */
export const tokens = fp(
  async (app: FastifyInstance) => {
    const { peppers, reading, noting } = app.apiKeys
    const notes = keyNotes(noting, app.log, 'tokens')
    const read = tokenStates(reading, peppers.ids)
    const counting = checkCounter(app.metrics, {
      name: 'strongroom_token_checks_total',
      help: 'Presented tokens: known to this process, looked up, hashed, refused, or malformed.',
      labelNames: ['scope'],
    })
    const verifierOf = (scope: TokenScope) => {
      const verifier = credentialVerifier<Identity>({
        parse: (presented) => parseToken(scope, presented),
        read,
        note: notes.add,
        count: counting({ scope }),
        peppers,
      })
      app.apiKeys.onChange((id) => verifier.doubt(id))
      return verifier
    }
    app.decorate('tokens', { admin: verifierOf('admin'), internal: verifierOf('internal') })
    app.addHook('onClose', () => notes.close())
  },
  { name: 'tokens', dependencies: ['api-keys', 'metrics'] },
)
