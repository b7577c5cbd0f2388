import { disputeTransaction, newDispute } from '../shapes/dispute.ts'
import { newRefund } from '../shapes/payment.ts'
import { settlePayment, startPayment } from './money.ts'
import { type World, change, existing } from '../world.ts'

/** Refunds and disputes. Amounts are in the smallest unit of the charge's currency. */
export function paymentActions(world: World) {
  return {
    /** The bank declines further charges of a payment method with this code; null ends it. */
    declineCharges: (paymentMethod: string, code: string | null): void => {
      if (code === null) world.declines.delete(paymentMethod)
      else world.declines.set(paymentMethod, code)
    },

    /** Begins a payment with a saved payment method, in no call of the API. */
    startPayment: (paymentMethod: string, amount: number): void => {
      const { customer } = existing(world.paymentMethods, paymentMethod)
      startPayment(world, { amount, currency: 'usd', customer, metadata: {}, paymentMethod })
    },

    /** The money of a payment that takes days arrives. */
    arrive: (intentId: string): void => {
      const { status } = existing(world.paymentIntents, intentId)
      if (status !== 'processing') throw new Error(`${intentId} is ${status}`)
      settlePayment(world, intentId, 'succeeded')
    },

    /** The user does what the bank asks of him: the payment that has failed succeeds after all. */
    authenticate: (intentId: string): void => {
      const { status } = existing(world.paymentIntents, intentId)
      if (status !== 'requires_payment_method') throw new Error(`${intentId} is ${status}`)
      settlePayment(world, intentId, 'succeeded')
    },

    /**
     * Refunds the rest of a charge, or a part: `charge.refunded`, whose charge has the sum of all
     * refunds so far in `amount_refunded`, and `refund.created`.
     * @returns the refund's id
     */
    refund: (chargeId: string, amount?: number): string => {
      const charge = existing(world.charges, chargeId)
      const left = charge.amount_captured - charge.amount_refunded
      const given = amount ?? left
      if (!Number.isSafeInteger(given) || given < 1 || given > left) {
        throw new Error(`${chargeId} has ${left} left to refund, not ${given}`)
      }
      const refund = newRefund(world.clock.now(), charge, given)
      world.refunds.set(refund.id, refund)
      const { object, previous } = change(world.charges, chargeId, {
        amount_refunded: charge.amount_refunded + given,
        refunded: given === left,
      })
      world.emit('charge.refunded', object, previous)
      world.emit('refund.created', refund)
      return refund.id
    },

    /**
     * A refund fails or is cancelled, and the money returns to Stripe: `refund.failed` or
     * `refund.updated`, and `charge.refund.updated`.
     */
    returnRefund: (id: string, status: 'failed' | 'canceled' = 'failed'): void => {
      const { object: refund } = change(world.refunds, id, { status })
      const charge = existing(world.charges, refund.charge ?? '')
      change(world.charges, charge.id, {
        amount_refunded: charge.amount_refunded - refund.amount,
        refunded: false,
      })
      world.emit(status === 'failed' ? 'refund.failed' : 'refund.updated', refund)
      world.emit('charge.refund.updated', refund)
    },

    /** What a charge came to in the account's balance, in its currency; reads show it expanded. */
    settleCharge: (
      id: string,
      { currency, amount }: { currency: string; amount: number },
    ): void => {
      const charge = existing(world.charges, id)
      const balance = { id: charge.balance_transaction ?? '', currency, amount }
      world.balanceTransactions.set(balance.id, balance)
    },

    /** The bank's decision against us is appealed, or may be; the money stays where it is. */
    appealDispute: (id: string, status: 'appeal_needs_response' | 'appeal_under_review'): void => {
      const before = existing(world.disputes, id).status
      if (!['lost', 'appeal_needs_response'].includes(before)) throw new Error(`${id} is ${before}`)
      world.emit('charge.dispute.updated', change(world.disputes, id, { status }).object)
    },

    /** A lost dispute is won after all, with an appeal or without, and the money returns. */
    overturnDispute: (id: string): void => {
      const dispute = existing(world.disputes, id)
      if (!/^(lost|appeal_.*)$/.test(dispute.status)) throw new Error(`${id} is not lost`)
      const back = disputeTransaction(world.clock.now(), dispute, dispute.amount)
      const { object } = change(world.disputes, id, {
        status: 'won',
        balance_transactions: [...dispute.balance_transactions, back],
      })
      world.emit('charge.dispute.updated', object)
      world.emit('charge.dispute.funds_reinstated', object)
    },

    /**
     * The cardholder disputes a charge: `charge.dispute.created`, and
     * `charge.dispute.funds_withdrawn` when the money is withdrawn. An inquiry withdraws no money.
     * @returns the dispute's id
     */
    dispute: (chargeId: string, options: { amount?: number; isInquiry?: boolean } = {}): string => {
      const { object: charge } = change(world.charges, chargeId, { disputed: true })
      const { amount = charge.amount, isInquiry = false } = options
      const now = world.clock.now()
      const dispute = newDispute(now, charge, { amount, isInquiry })
      world.disputes.set(dispute.id, dispute)
      if (isInquiry) {
        world.emit('charge.dispute.created', dispute)
        return dispute.id
      }
      const { object } = change(world.disputes, dispute.id, {
        balance_transactions: [disputeTransaction(now, dispute, -amount)],
      })
      world.emit('charge.dispute.created', object)
      world.emit('charge.dispute.funds_withdrawn', object)
      return dispute.id
    },

    /** An inquiry becomes a dispute, and the money is taken: `charge.dispute.funds_withdrawn`. */
    escalateDispute: (id: string): void => {
      const dispute = existing(world.disputes, id)
      if (dispute.status !== 'warning_needs_response') throw new Error(`${id} is no inquiry`)
      const { object } = change(world.disputes, id, {
        status: 'needs_response',
        balance_transactions: [disputeTransaction(world.clock.now(), dispute, -dispute.amount)],
      })
      world.emit('charge.dispute.updated', object)
      world.emit('charge.dispute.funds_withdrawn', object)
    },

    /**
     * The bank decides: `charge.dispute.closed`, and `charge.dispute.funds_reinstated` for a dispute
     * that is won, whose money returns. An inquiry ends as `warning_closed`.
     * @param returned what comes back of a lost one: what had been refunded before it
     */
    closeDispute: (
      id: string,
      status: 'won' | 'lost' | 'warning_closed',
      { returned = 0 } = {},
    ): void => {
      const dispute = existing(world.disputes, id)
      const open = status === 'warning_closed' ? 'warning_needs_response' : 'needs_response'
      if (dispute.status !== open) {
        throw new Error(`${id} is ${dispute.status} and can not end as ${status}`)
      }
      const back = (amount: number) =>
        amount === 0 ? [] : [disputeTransaction(world.clock.now(), dispute, amount)]
      const { object } = change(world.disputes, id, {
        status,
        balance_transactions: [
          ...dispute.balance_transactions,
          ...back(status === 'won' ? dispute.amount : 0),
        ],
      })
      world.emit('charge.dispute.closed', object)
      if (status === 'won') world.emit('charge.dispute.funds_reinstated', object)
      if (returned === 0) return
      const balance_transactions = [...object.balance_transactions, ...back(returned)]
      const { object: after } = change(world.disputes, id, { balance_transactions })
      world.emit('charge.dispute.funds_reinstated', after)
    },
  }
}
