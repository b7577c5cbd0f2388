import { eq, lt, sql } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Sessions } from '../auth/sessions.ts'
import type { Config } from '../process/config.ts'
import { tokenStates } from '../tokens/states.ts'
import { cookies } from './cookies.ts'
import { portalSessionExports } from './export.ts'
import { sessionFinder } from './finder.ts'
import { type Origins, originsOf } from './origins.ts'
import { sessions } from './tables.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: {
      finder: ReturnType<typeof sessionFinder>['find']
      isLink: ReturnType<typeof sessionFinder>['isLink']
      guard: Sessions
      cookies: ReturnType<typeof cookies>
      origins: Origins
    }
  }
}

/** Sessions of browsers, read on the connection of API keys and tokens. */
export const sessionsPlugin = fp(
  async (app: FastifyInstance, { config }: { config: Config }) => {
    const { peppers, reading } = app.apiKeys
    const jar = cookies(config.publicUrl)
    const origins = originsOf(app, config)
    const {
      find,
      isLink,
      sessions: guard,
    } = sessionFinder({
      sql: reading,
      stateOf: tokenStates(reading, peppers.ids),
      config,
      nameOf: jar.nameOf,
      origins,
    })
    app.decorate('sessions', { finder: find, isLink, guard, cookies: jar, origins })
    app.personal.addExports(...portalSessionExports)
    app.personal.addAccountClosing(async (tx, { id }) => {
      await tx.delete(sessions).where(eq(sessions.accountId, id))
    })
    app.jobs.add({
      name: 'delete_expired_sessions',
      cron: '23 * * * *',
      isSingle: true,
      run: async () =>
        void (await app.db.delete(sessions).where(lt(sessions.expiresAt, sql`now()`))),
    })
  },
  { name: 'sessions', dependencies: ['api-keys', 'jobs', 'privacy'] },
)
