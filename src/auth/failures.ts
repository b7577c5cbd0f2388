import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, Gauge } from 'prom-client'
import { recordAudit } from '../audit/record.ts'
import { primary } from '../cluster/primary.ts'
import { FAILURES_OF_HOUR_MAX } from '../http/rate-limits/failing-addresses.ts'
import { alarmsOf } from './alarms.ts'
import { type Failures, failureTally } from './failure-tally.ts'
import type { Scope } from './scope.ts'
import { forgetStrangers } from './strangers.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'auth.failed': true
  }
}

const RECORD_INTERVAL_MS = 60_000
/** Short transactions, because all other writers of the audit log wait for them. */
const RECORDS_AT_ONCE = 16

declare module 'fastify' {
  interface FastifyInstance {
    failures: {
      /** Notes a failed authentication: counted now, recorded within a minute. */
      note(scope: Scope, address: string): void
    }
  }
}

/**
 * Reports failed authentication as metrics, and as audit records once a minute for each scope and
 * address.
 */
export const failures = fp(
  async (app: FastifyInstance) => {
    const registers = [app.metrics]
    const tally = failureTally()
    const alarms = alarmsOf(primary())
    const counter = new Counter({
      name: 'strongroom_auth_failures_total',
      help: 'Requests without a good credential, by scope.',
      labelNames: ['scope'],
      registers,
    })
    for (const scope of ['customer', 'admin', 'internal', 'stripe']) counter.inc({ scope }, 0)
    const gauge: Gauge = new Gauge({
      name: 'strongroom_auth_alarming_addresses',
      help: `Addresses with more than ${FAILURES_OF_HOUR_MAX} failed authentications within an hour.`,
      // All processes of a cluster count the same addresses.
      aggregator: 'max',
      registers,
      collect: async () => gauge.set(await alarms.count()),
    })
    app.decorate('failures', {
      note: (scope, address) => {
        counter.inc({ scope })
        alarms.note(address, (alert) => tally.add({ scope, address, count: 1, alert }))
      },
    })

    /**
     * Takes all counts once. Failures during the writing wait for the next minute: otherwise a flood
     * would never let this end.
     */
    async function record(): Promise<void> {
      const taken = tally.take()
      while (taken.length > 0) {
        const some = taken.splice(0, RECORDS_AT_ONCE)
        try {
          await write(some)
        } catch (error) {
          tally.putBack([...some, ...taken])
          throw error
        }
      }
    }

    function write(some: readonly Failures[]): Promise<void> {
      return app.db.transaction(async (tx) => {
        for (const { scope, address, count, alert } of some) {
          const entry = {
            event: 'auth.failed',
            subject: scope,
            metadata: { count, alert },
          } as const
          await recordAudit(tx, { id: 'system', ip: address }, entry)
        }
      })
    }

    app.jobs.add({
      name: 'forget_strangers',
      cron: '29 4 * * *',
      isSingle: true,
      run: async () => {
        const addresses = await forgetStrangers(app.db)
        app.log.info({ addresses }, 'Erased old addresses of failed authentication')
      },
    })

    let recording = Promise.resolve()
    function recordAll(): Promise<void> {
      recording = recording.then(record).catch((error: unknown) => {
        app.log.warn({ err: error }, 'Could not record failed authentication')
      })
      return recording
    }
    const timer = setInterval(() => void recordAll(), RECORD_INTERVAL_MS)
    timer.unref()
    app.addHook('onClose', async () => {
      clearInterval(timer)
      await alarms.settled()
      await recordAll()
    })
  },
  { name: 'auth-failures', dependencies: ['database', 'jobs', 'metrics'] },
)
