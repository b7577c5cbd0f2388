import { DAY_S } from '../clock.ts'
import { type InvoiceCause, newInvoice } from '../shapes/invoice.ts'
import type { Invoice, Pause, Subscription } from '../types.ts'
import { type World, change, existing } from '../world.ts'
import { takePayment } from './money.ts'

const RETRY_AFTER_S = 3 * DAY_S

/** A draft, which `finalizeInvoice` opens; the caller adds it to the subscription. */
export function draftInvoice(
  world: World,
  subscription: Subscription,
  cause: InvoiceCause,
): Invoice {
  const customer = world.customers.get(subscription.customer)
  const opened = newInvoice(world.clock.now(), subscription, customer, cause)
  const draft: Invoice = {
    ...opened,
    status: 'draft',
    effective_at: null,
    status_transitions: { ...opened.status_transitions, finalized_at: null },
  }
  world.invoices.set(draft.id, draft)
  world.emit('invoice.created', draft)
  return draft
}

export function finalizeInvoice(world: World, id: string): Invoice {
  const now = world.clock.now()
  const { status_transitions: transitions } = existing(world.invoices, id)
  const { object } = change(world.invoices, id, {
    status: 'open',
    effective_at: now,
    status_transitions: { ...transitions, finalized_at: now },
  })
  world.emit('invoice.finalized', object)
  return object
}

/**
 * Takes the invoice's money, of which there may be none. The invoice's own events come later, by
 * `emitPaid`, because Stripe changes the subscription in between.
 */
export function payInvoice(world: World, id: string): void {
  const invoice = existing(world.invoices, id)
  if (invoice.total > 0) takePayment(world, paymentOf(invoice))
  const now = world.clock.now()
  change(world.invoices, id, {
    status: 'paid',
    amount_paid: invoice.total,
    amount_remaining: 0,
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...invoice.status_transitions, paid_at: now },
  })
}

export function emitPaid(world: World, id: string): void {
  const invoice = existing(world.invoices, id)
  world.emit('invoice.paid', invoice)
  world.emit('invoice.payment_succeeded', invoice)
}

/** A failed attempt to take the money of an open invoice; more attempts follow. */
export function failInvoice(world: World, id: string): void {
  const invoice = existing(world.invoices, id)
  takePayment(world, paymentOf(invoice), 'failed')
  const { object } = change(world.invoices, id, {
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    next_payment_attempt: world.clock.now() + RETRY_AFTER_S,
  })
  world.emit('invoice.payment_failed', object)
}

function paymentOf(invoice: Invoice) {
  const { total: amount, currency, customer } = invoice
  return { amount, currency, customer, metadata: {} }
}

/** What becomes of the invoice of a subscription whose collection is paused. */
export function leaveInvoice(world: World, id: string, behavior: Pause): void {
  if (behavior === 'keep_as_draft') {
    change(world.invoices, id, { auto_advance: false })
    return
  }
  finalizeInvoice(world, id)
  const status = behavior === 'void' ? 'void' : 'uncollectible'
  closeInvoice(world, id, status)
}

/** Nobody tries to collect it any more. */
export function closeInvoice(world: World, id: string, status: 'void' | 'uncollectible'): void {
  const { object } = change(world.invoices, id, { status, auto_advance: false })
  world.emit(status === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible', object)
}
