import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Actor } from '../audit/record.ts'
import { isLockNotHad } from '../funds/ledger.ts'
import { busyAccount } from '../funds/waiting-room.ts'
import { eraseAccount } from './erase-account.ts'
import { eraseCustomer } from './erase-customer.ts'
import { type Erasure, erasePage, queueErasure } from './erasure.ts'
import { isCustomerErasing, isUserErasing } from './under-way.ts'

/** The contract's: what takes longer is answered with 202. */
const ANSWER_MS = 2_000
/** How long a job goes on, which then makes room for others and comes again. */
const TURN_MS = 5_000
const PAUSE_MAX_MS = 250
/** After somebody else was at it, or had something of it locked. */
const RETRY_MS = 100

/** When it was done; null where it goes on. */
export type Erased = { erasedAt: Date | null }

declare module 'fastify' {
  interface FastifyInstance {
    erasures: {
      /** @throws Refusal `ACCOUNT_NOT_FOUND`, `ACCOUNT_NOT_EMPTY` or `ACCOUNT_BUSY`; nothing has happened then */
      account(actor: Actor, userId: string, force: boolean): Promise<Erased>
      /** @throws Refusal `CUSTOMER_NOT_FOUND`, `ACCOUNT_NOT_EMPTY` or `ACCOUNT_BUSY`; nothing has happened then */
      customer(actor: Actor, customerId: string, force: boolean): Promise<Erased>
      /** The job: goes on with an erasure, for a while. */
      resume(id: bigint): Promise<void>
    }
  }
}

/** Erasures on connections of their own: begun by a request, ended by it or by a job. */
export const erasures = fp(
  async (app: FastifyInstance) => {
    const db = app.databases.erasures

    /** @param isUnderWay is asked first, and on another connection: it waits for no lock */
    async function erase(
      isUnderWay: () => Promise<boolean>,
      begin: () => Promise<Erasure | null>,
    ): Promise<Erased> {
      const until = performance.now() + ANSWER_MS
      if (await isUnderWay()) return { erasedAt: null }
      const begun = await begin().catch((error: unknown) => {
        throw isLockNotHad(error) ? busyAccount() : error
      })
      if (begun === null) return { erasedAt: null }
      // From here on it has happened, whatever becomes of the rest: the job sees to that.
      const isDone = await goOn(begun.id, until, 0).catch((error: unknown) => {
        app.log.warn({ err: error }, 'An erasure was left to its job')
        return false
      })
      return { erasedAt: isDone ? begun.closedAt : null }
    }

    /** @returns whether it is done */
    async function goOn(id: bigint, until: number, pauseMaxMs: number): Promise<boolean> {
      while (performance.now() < until) {
        const started = performance.now()
        const state = await erasePage(db, id).catch((error: unknown) => {
          if (isLockNotHad(error)) return 'elsewhere' as const
          throw error
        })
        if (state === 'done') return true
        const pause = Math.min(pauseMaxMs, performance.now() - started)
        await delay(state === 'elsewhere' ? RETRY_MS : pause)
      }
      return false
    }

    app.decorate('erasures', {
      account: (actor, userId, force) =>
        erase(
          () => isUserErasing(app.db, userId),
          () => eraseAccount(db, actor, userId, force),
        ),
      customer: (actor, customerId, force) =>
        erase(
          () => isCustomerErasing(app.db, customerId),
          () => eraseCustomer(db, actor, customerId, force),
        ),
      resume: async (id) => {
        const isDone = await goOn(id, performance.now() + TURN_MS, PAUSE_MAX_MS)
        if (!isDone) await queueErasure(db, id, 0)
      },
    })
  },
  { name: 'erasures', dependencies: ['database'] },
)
