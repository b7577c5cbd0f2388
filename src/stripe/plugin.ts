import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Counter } from 'prom-client'
import { sharedCommits } from '../scheduling/shared-commits.ts'
import { KINDS } from '../database/kinds.ts'
import { applyEvent } from './apply.ts'
import { cancelSubscription, deleteStripeCustomer } from './erased-customers.ts'
import type { EventHandlers, Handler } from './handler.ts'
import type { StripeEventRow } from './inbox.ts'
import { eventGauges } from './metrics.ts'
import { storeEvents } from './store.ts'
import { stripeSteps } from './erasure.ts'
import { eventExports } from './export.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'stripe.event_replayed': true
  }
}

const BATCH_MAX = KINDS.inbox.rowsMax
const WAITING_MAX = 1_000
const CLOSE_TIMEOUT_S = 5

declare module 'fastify' {
  interface FastifyInstance {
    stripeEvents: {
      /**
       * Stores an event durably, with the job that applies it; events that arrive together share a
       * commit.
       */
      store(event: StripeEventRow): Promise<void>
      /** For capabilities: adds handlers that apply events. */
      handle(handlers: EventHandlers): void
      /** The handler of an event type; undefined for types that are not handled. */
      handlerOf(type: string): Handler | undefined
      /** Counts the result of an event. */
      settled(type: string, status: string): void
    }
  }
}

/** The inbox of Stripe's events, on its own connection. */
export const inbox = fp(
  async (app: FastifyInstance) => {
    const sql = app.connections.open('inbox')
    const commits = sharedCommits<StripeEventRow, void>({
      lanes: 1,
      waitingMax: WAITING_MAX,
      batchMax: BATCH_MAX,
      commit: (events) => storeEvents(sql, events),
    })
    const registers = [app.metrics]
    const outcomes = new Counter({
      name: 'strongroom_stripe_events_total',
      help: 'Stripe events by what became of them.',
      labelNames: ['type', 'status'],
      registers,
    })
    eventGauges(app.metrics, app.db)
    const handlers: EventHandlers[number][] = []
    app.decorate('stripeEvents', {
      handle: (some) => void handlers.push(...some),
      handlerOf: (type) => handlers.find(([types]) => types.test(type))?.[1],
      store: (event) => commits.submit(event),
      settled: (type, status) => outcomes.inc({ type, status }),
    })
    app.erasures.addSteps(stripeSteps)
    app.personal.addExports(...eventExports)
    app.jobs.add(
      {
        name: 'apply_stripe_event',
        run: (payload, attempt) => applyEvent(app, (payload as { id: string }).id, attempt),
      },
      {
        name: 'delete_stripe_customer',
        run: (payload) => deleteStripeCustomer(app, (payload as { id: string }).id),
      },
      {
        name: 'cancel_subscription',
        run: (payload) => cancelSubscription(app, (payload as { id: string }).id),
      },
    )
    app.addHook('onClose', () => sql.end({ timeout: CLOSE_TIMEOUT_S }))
  },
  { name: 'stripe-inbox', dependencies: ['database', 'jobs', 'metrics', 'privacy'] },
)
