import { DAY_S } from '../clock.ts'
import { newCustomer } from '../shapes/customer.ts'
import { newSubscription } from '../shapes/subscription.ts'
import type { CheckoutSession, Price, Subscription } from '../types.ts'
import { type World, change, existing } from '../world.ts'
import { isDeleted } from './customers.ts'
import { draftInvoice, emitPaid, finalizeInvoice, payInvoice } from './invoices.ts'
import { saveDebit, saveMethod, settlePayment, startPayment } from './money.ts'
import { updateSubscription } from './subscriptions.ts'

/** Ends an open session: `checkout.session.expired`. */
export function expireSession(world: World, id: string): CheckoutSession {
  const { object } = change(world.checkoutSessions, id, { status: 'expired', url: null })
  world.emit('checkout.session.expired', object)
  return object
}

/** Whether the session can still be paid; expired sessions are closed when they are looked up. */
export function isOpen(world: World, id: string): boolean {
  const session = existing(world.checkoutSessions, id)
  if (session.status === 'open' && session.expires_at <= world.clock.now()) expireSession(world, id)
  return existing(world.checkoutSessions, id).status === 'open'
}

/** How a payment is made: with a card unless it says otherwise. */
interface Means {
  isAsync: boolean
  isBancontact: boolean
}

/** The actions of a person on the Checkout page. */
export function checkoutActions(world: World) {
  function complete(id: string, changes: Partial<CheckoutSession>): void {
    const session = existing(world.checkoutSessions, id)
    const { object } = change(world.checkoutSessions, id, {
      ...changes,
      status: 'complete',
      url: null,
      customer_details: detailsOf(world, session, changes.customer ?? session.customer),
    })
    world.emit('checkout.session.completed', object)
  }

  /** The customer of the session, or a new one. */
  function customerOf(session: CheckoutSession): string {
    if (session.customer !== null) return session.customer
    const customer = newCustomer(world.clock.now(), {
      email: session.customer_email ?? PAYER_EMAIL,
    })
    world.customers.set(customer.id, customer)
    world.emit('customer.created', customer)
    return customer.id
  }

  function subscribe(session: CheckoutSession): void {
    const customer = customerOf(session)
    const now = world.clock.now()
    const trialDays = world.trialDays.get(session.id)
    const created = newSubscription(now, {
      customer,
      ...(trialDays !== undefined && { trialEnd: now + trialDays * DAY_S }),
      items: existing(world.lineItems, session.id).map(({ price, quantity }) => ({
        price: price as Price,
        quantity: quantity ?? 1,
      })),
      metadata: world.sessionMetadata.get(session.id) ?? {},
    })
    const invoice = draftInvoice(world, created, {
      reason: 'subscription_create',
      period: { start: created.created, end: created.created },
    })
    const subscription: Subscription = { ...created, latest_invoice: invoice.id }
    world.subscriptions.set(subscription.id, subscription)
    world.emit('customer.subscription.created', subscription)
    finalizeInvoice(world, invoice.id)
    payInvoice(world, invoice.id)
    if (trialDays === undefined) updateSubscription(world, subscription.id, { status: 'active' })
    emitPaid(world, invoice.id)
    complete(session.id, {
      customer,
      subscription: subscription.id,
      invoice: invoice.id,
      payment_status: trialDays === undefined ? 'paid' : 'no_payment_required',
    })
  }

  function pay(session: CheckoutSession, { isAsync, isBancontact }: Means): void {
    const amount = session.amount_total ?? 0
    if (amount === 0) {
      complete(session.id, { payment_status: 'no_payment_required' })
      return
    }
    const isCreating = session.customer_creation === 'always'
    const customer = isCreating ? customerOf(session) : session.customer
    const intent = startPayment(world, {
      amount,
      currency: session.currency ?? 'usd',
      customer,
      metadata: world.sessionMetadata.get(session.id) ?? {},
    })
    if (!isAsync) settlePayment(world, intent.id, 'succeeded')
    const payment_status = isAsync ? 'unpaid' : 'paid'
    if (world.saving.has(session.id) && customer !== null) {
      const save = isBancontact ? saveDebit : saveMethod
      save(world, existing(world.paymentIntents, intent.id), customer)
    }
    complete(session.id, { customer, payment_intent: intent.id, payment_status })
  }

  return {
    /**
     * Pays the session. For a subscription, this emits `customer.subscription.created` with the
     * status `incomplete`, in the same second `customer.subscription.updated` to `active`, then
     * `invoice.paid` and `checkout.session.completed`. For a payment: `payment_intent.succeeded`,
     * `charge.succeeded` and `checkout.session.completed`. A trial begins as `trialing`, with an invoice of nothing.
     * @param options.async for a payment only: the money arrives later, by `settleAsync`; the session
     * completes as `unpaid`
     * @param options.bancontact for a payment in euros only
     */
    payCheckout: (id: string, options: { async?: boolean; bancontact?: boolean } = {}): void => {
      if (!isOpen(world, id)) throw new Error(`${id} can no longer be paid`)
      const session = existing(world.checkoutSessions, id)
      if (session.customer !== null && isDeleted(world, session.customer)) {
        throw new Error(`The customer of ${id} was deleted`)
      }
      const { async: isAsync = false, bancontact: isBancontact = false } = options
      if (isBancontact && session.currency !== 'eur') throw new Error('Bancontact takes euros')
      if (session.mode === 'payment') return pay(session, { isAsync, isBancontact })
      if (isAsync) throw new Error(`${id} is for a subscription, whose card is charged at once`)
      subscribe(session)
    },

    /** The money of an `async` payment arrives or fails: `checkout.session.async_payment_…`. */
    settleAsync: (id: string, outcome: 'succeeded' | 'failed'): void => {
      const { payment_intent: intent } = existing(world.checkoutSessions, id)
      if (intent === null || existing(world.paymentIntents, intent).status !== 'processing') {
        throw new Error(`${id} awaits no money`)
      }
      settlePayment(world, intent, outcome)
      const { object } = change(world.checkoutSessions, id, {
        payment_status: outcome === 'succeeded' ? 'paid' : 'unpaid',
      })
      world.emit(`checkout.session.async_payment_${outcome}`, object)
    },

    /** The session expires: `checkout.session.expired`. */
    expireCheckout: (id: string): void => {
      if (!isOpen(world, id)) throw new Error(`${id} is no longer open`)
      expireSession(world, id)
    },
  }
}

/** The address that a payer without a customer object types in. */
const PAYER_EMAIL = 'payer@example.com'

function detailsOf(world: World, session: CheckoutSession, customerId: string | null) {
  const customer = customerId === null ? undefined : world.customers.get(customerId)
  const known = customer !== undefined && 'email' in customer ? customer.email : null
  return {
    address: null,
    business_name: null,
    email: known ?? session.customer_email ?? PAYER_EMAIL,
    individual_name: null,
    name: null,
    phone: null,
    tax_exempt: 'none' as const,
    tax_ids: [],
  }
}
