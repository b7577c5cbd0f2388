import { and, asc, eq, gt, isNotNull } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { isLiving } from '../customers/living.ts'
import { customers } from '../customers/tables.ts'
import type { Database } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { licenses } from './tables.ts'
import { ISSUER, LEEWAY_S, REVOCATIONS_TYPE } from './verifier.ts'

/** How old an answer may be: anyone may call the route, and this bounds its cost. */
const FRESH_MS = 1_000

/** An unchanged list is signed again after this long, so that a poller always gets a fresh one. */
const RENEWED_MS = 60_000

/** How long a verifier may rely on a list without a newer one. */
const NEXT_UPDATE_S = 86_400

/** An expired licence stays on the list as long as a verifier may still accept it. */
const EXPIRED_MS = LEEWAY_S * 1_000

interface List {
  token: string
  jtis: readonly string[]
  signedAt: number
}

export interface Revocations {
  /**
   * The signed list; a revocation by any replica appears on it within a second.
   * @throws Refusal `SIGNING_KEY_MISSING`
   */
  token(): Promise<string>
  /** Makes the next call read the table again, after a revocation in this process. */
  forget(): void
}

declare module 'fastify' {
  interface FastifyInstance {
    revocations: Revocations
  }
}

export const revocations = fp(
  async (app: FastifyInstance) => {
    app.decorate('revocations', revocationList(app.databases.public, app.keys))
  },
  { name: 'license-revocations', dependencies: ['database', 'key-ring'] },
)

function revocationList(db: Database, keys: KeyRing): Revocations {
  let last: List | undefined
  let fresh: { list: Promise<List>; until: number } | undefined

  async function read(): Promise<List> {
    const jtis = (await revoked(db)).map(({ id }) => id)
    const now = Date.now()
    const known = last
    const isSame = known !== undefined && known.jtis.join() === jtis.join()
    if (isSame && now - known.signedAt < RENEWED_MS) return known
    const iat = Math.floor(now / 1_000)
    const claims = { iss: ISSUER, iat, exp: iat + NEXT_UPDATE_S, jtis: [...jtis] }
    last = { token: await keys.sign(REVOCATIONS_TYPE, claims), jtis, signedAt: now }
    return last
  }

  return {
    token: async () => {
      if (fresh === undefined || fresh.until <= Date.now()) {
        const current = { list: read(), until: Date.now() + FRESH_MS }
        fresh = current
        current.list.catch(() => {
          if (fresh === current) fresh = undefined
        })
      }
      return (await fresh.list).token
    },
    forget: () => {
      fresh = undefined
    },
  }
}

/** Two queries in one: each reads along an index of its own, and together they would read all licences. */
export function revoked(db: Pick<Database, 'select'>) {
  const isListed = gt(licenses.expiresAt, new Date(Date.now() - EXPIRED_MS))
  const ofSuspended = db
    .select({ id: licenses.id })
    .from(customers)
    .innerJoin(licenses, eq(licenses.customerId, customers.id))
    .where(and(eq(customers.status, 'suspended'), isLiving, isListed))
  return db
    .select({ id: licenses.id })
    .from(licenses)
    .where(and(isNotNull(licenses.revokedAt), isListed))
    .union(ofSuspended)
    .orderBy(asc(licenses.id))
}
