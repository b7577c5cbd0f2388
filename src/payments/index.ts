import type { Capability } from '../capability/capability.ts'
import {
  AutoTopUp,
  autoTopUpReadingRoutes,
  autoTopUpRoutes,
  checkAutoTopUps,
  paymentEnded,
  registerAutoTopUp,
} from './auto-top-up/index.ts'
import { FOR_OPERATORS, FOR_SERVICES } from '../funds/reading.ts'
import { chargeRefunded, disputeChanged, refundChanged } from './charge-events.ts'
import { checkoutEnded } from './checkout-events.ts'
import { paymentExports, paymentNames } from './personal.ts'
import { paymentRoutes } from './routes.ts'
import { noteTopUps } from './service.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * `DISPUTE_HOLD`: whether an amount that Stripe withdraws for a dispute is held until the dispute
     * is decided.
     */
    holdsDisputes: boolean
  }
}

/** Top-ups that users pay for at Stripe, by themselves or automatically, their refunds and disputes. */
export const payments: Capability = {
  name: 'payments',
  plugin: async (app, config) => {
    app.decorate('holdsDisputes', config.holdsDisputes)
    app.personal.addNames(paymentNames)
    app.personal.addAccountClosing(noteTopUps)
    app.personal.addExports(...paymentExports)
    registerAutoTopUp(app)
  },
  schemas: [AutoTopUp],
  routes: {
    internal: async (scope, { config }) => {
      await scope.register(paymentRoutes, { returnUrls: config })
      await scope.register(autoTopUpRoutes)
      await scope.register(autoTopUpReadingRoutes, FOR_SERVICES)
    },
    admin: async (scope) => {
      await scope.register(autoTopUpReadingRoutes, { prefix: '/funds', ...FOR_OPERATORS })
    },
  },
  checks: [checkAutoTopUps],
  stripeEvents: [
    [
      /^checkout\.session\.(completed|async_payment_succeeded|async_payment_failed)$/,
      checkoutEnded,
    ],
    [/^charge\.refunded$/, chargeRefunded],
    [/^(refund\.(created|updated|failed)|charge\.refund\.updated)$/, refundChanged],
    [/^charge\.dispute\./, disputeChanged],
    [/^payment_intent\.(succeeded|payment_failed)$/, paymentEnded],
  ],
}
