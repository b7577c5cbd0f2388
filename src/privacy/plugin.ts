import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { auditExports } from './audit-export.ts'
import { type Personal, personalRegistry } from './personal.ts'
import { forgetPersonal } from '../audit/personal.ts'
import type { Database } from '../database/index.ts'
import type { Attempt } from '../http/outcomes/attempt.ts'
import { followed } from '../http/outcomes/plugin.ts'
import { Refusal } from '../refusals/index.ts'
import { type Erasure, erasePage, queueErasure } from './erasure.ts'
import { type ErasureParts, erasureParts } from './registry.ts'
import type { ErasureRow, Step } from './row.ts'
import { isLockNotHad } from '../database/faults.ts'

/** The contract's limit: an erasure that takes longer is answered with 202. */
const ANSWER_MS = 2_000
/** How long a job works before it makes room for other jobs and queues itself again. */
const TURN_MS = 5_000
const PAUSE_MAX_MS = 250
/** The pause after another process was working on the erasure, or had locked a part of it. */
const RETRY_MS = 100

/** When it was completed; null while it continues. */
export type Erased = { erasedAt: Date | null }

declare module 'fastify' {
  interface FastifyInstance {
    personal: Personal
    erasures: {
      /** For plugins: adds steps of each erasure. Their numbers must never change. */
      addSteps(steps: Readonly<Record<number, Step>>): void
      /** For plugins: adds a lock that every page takes first. */
      addLock(lock: ErasureParts['locks'][number]): void
      /** For plugins: adds what is recorded at the end. */
      addFinish(finish: ErasureParts['finishes'][number]): void
      /**
       * Begins an erasure and continues it for as long as a request may take. An erasure that has not
       * begun when the request's time is over never begins.
       * @param attempt of the request
       * @param isUnderWay is called first, on another connection, because it waits for no lock
       * @param begin returns null when the erasure has already begun
       * @throws Refusal `ACCOUNT_BUSY`, or what `begin` throws; nothing has happened then
       */
      run(
        attempt: Attempt,
        isUnderWay: () => Promise<boolean>,
        begin: (db: Database) => Promise<Erasure | null>,
      ): Promise<Erased>
      /** The job: continues an erasure for a while. */
      resume(id: bigint): Promise<void>
    }
  }
}

/**
 * Exports and erasures of personal data. Erasures use their own connections; a request begins them,
 * and the request or a job ends them.
 */
export const privacy = fp(
  async (app: FastifyInstance) => {
    const db = app.databases.erasures

    const registry = erasureParts()
    registry.addSteps({
      // Comes before this erasure records anything, because the eraser's own address must stay.
      0: (tx, row, limit) => forgetPersonal(tx, subjectsOf(row), limit),
    })
    app.addHook('onReady', async () => registry.check())

    async function run(
      attempt: Attempt,
      isUnderWay: () => Promise<boolean>,
      begin: (db: Database) => Promise<Erasure | null>,
    ): Promise<Erased> {
      const until = performance.now() + ANSWER_MS
      if (await isUnderWay()) return { erasedAt: null }
      const begun = await begin(followed(db, attempt)).catch((error: unknown) => {
        throw isLockNotHad(error) ? new Refusal('ACCOUNT_BUSY') : error
      })
      if (begun === null) return { erasedAt: null }
      // The erasure has now happened, even if the rest fails: the job completes it.
      const isDone = await goOn(begun.id, until, 0).catch((error: unknown) => {
        app.log.warn({ err: error }, 'An erasure was left to its job')
        return false
      })
      return { erasedAt: isDone ? begun.closedAt : null }
    }

    /** @returns whether it is complete */
    async function goOn(id: bigint, until: number, pauseMaxMs: number): Promise<boolean> {
      while (performance.now() < until) {
        const started = performance.now()
        const state = await erasePage(db, registry.parts, id).catch((error: unknown) => {
          if (isLockNotHad(error)) return 'elsewhere' as const
          throw error
        })
        if (state === 'done') return true
        const pause = Math.min(pauseMaxMs, performance.now() - started)
        await delay(state === 'elsewhere' ? RETRY_MS : pause)
      }
      return false
    }

    app.jobs.add({
      name: 'continue_erasure',
      run: (payload) => app.erasures.resume(BigInt((payload as { id: string }).id)),
    })
    app.decorate('personal', personalRegistry(auditExports))
    app.decorate('erasures', {
      addSteps: (steps) => registry.addSteps(steps),
      addLock: (lock) => registry.addLock(lock),
      addFinish: (finish) => registry.addFinish(finish),
      run,
      resume: async (id) => {
        const isDone = await goOn(id, performance.now() + TURN_MS, PAUSE_MAX_MS)
        if (!isDone) await queueErasure(db, id, 0)
      },
    })
  },
  { name: 'privacy', dependencies: ['database', 'jobs'] },
)

function subjectsOf({ accountId, customerId }: ErasureRow): string[] {
  return [
    ...(accountId === null ? [] : [`acct_${accountId}`]),
    ...(customerId === null ? [] : [customerId]),
  ]
}
