import { chargeRefunded, disputeChanged, refundChanged } from './charges.ts'
import { checkoutEnded } from './checkout.ts'
import { customerDeleted } from './customers.ts'
import type { Handler } from './handler.ts'
import { invoiceChanged, subscriptionChanged } from './subscriptions.ts'

const HANDLERS: readonly [RegExp, Handler][] = [
  [/^customer\.subscription\./, subscriptionChanged],
  [/^invoice\.(paid|payment_succeeded|payment_failed)$/, invoiceChanged],
  [/^checkout\.session\.(completed|async_payment_succeeded|async_payment_failed)$/, checkoutEnded],
  [/^charge\.refunded$/, chargeRefunded],
  [/^(refund\.(created|updated|failed)|charge\.refund\.updated)$/, refundChanged],
  [/^charge\.dispute\./, disputeChanged],
  [/^customer\.deleted$/, customerDeleted],
]

/** What applies events of a type; undefined for types that mean nothing here. */
export function handlerOf(type: string): Handler | undefined {
  return HANDLERS.find(([pattern]) => pattern.test(type))?.[1]
}
