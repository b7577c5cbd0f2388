import type { Capability } from '../capability/capability.ts'
import { chargeRefunded, disputeChanged } from './charge-events.ts'
import { checkoutEnded } from './checkout-events.ts'
import { paymentExports, paymentNames } from './personal.ts'
import { paymentRoutes } from './routes.ts'
import { noteTopUps } from './service.ts'

/** Top-ups that users pay for at Stripe, their refunds and disputes. */
export const payments: Capability = {
  name: 'payments',
  plugin: async (app) => {
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
    [/^charge\.dispute\./, disputeChanged],
  ],
}
