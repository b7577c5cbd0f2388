import type { Capability } from '../capability/capability.ts'
import {
  AutoTopUp,
  AutoTopUpOfAccount,
  autoTopUpRoutes,
  checkAutoTopUps,
  operatorAutoTopUpRoutes,
  paymentEnded,
  registerAutoTopUp,
} from './auto-top-up/index.ts'
import { chargeRefunded, disputeChanged, refundChanged } from './charge-events.ts'
import { checkoutEnded } from './checkout-events.ts'
import { stripeCustomerDeleted } from './customer-events.ts'
import { paymentExports, paymentNames } from './personal.ts'
import { paymentRoutes } from './routes.ts'
import { noteTopUps } from './service.ts'
import { toldOfPayments } from './told.ts'

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
  told: toldOfPayments,
  triggers: ['auto_top_ups_told'],
  schemas: [AutoTopUp, AutoTopUpOfAccount],
  routes: {
    internal: async (scope, { config }) => {
      await scope.register(paymentRoutes, { returnUrls: config })
      await scope.register(autoTopUpRoutes)
    },
    admin: async (scope) => {
      await scope.register(operatorAutoTopUpRoutes, { prefix: '/funds' })
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
    [/^customer\.deleted$/, stripeCustomerDeleted],
  ],
}
