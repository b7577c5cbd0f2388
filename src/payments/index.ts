import type { Capability } from '../capability/capability.ts'
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

/** Top-ups that users pay for at Stripe, with their refunds and disputes. */
export const payments: Capability = {
  name: 'payments',
  plugin: async (app, config) => {
    app.decorate('holdsDisputes', config.holdsDisputes)
    app.personal.addNames(paymentNames)
    app.personal.addAccountClosing(noteTopUps)
    app.personal.addExports(...paymentExports)
  },
  routes: {
    internal: async (scope, { config }) => {
      await scope.register(paymentRoutes, { returnUrls: config })
    },
  },
  stripeEvents: [
    [
      /^checkout\.session\.(completed|async_payment_succeeded|async_payment_failed)$/,
      checkoutEnded,
    ],
    [/^charge\.refunded$/, chargeRefunded],
    [/^(refund\.(created|updated|failed)|charge\.refund\.updated)$/, refundChanged],
    [/^charge\.dispute\./, disputeChanged],
  ],
}
