import {
  currentPeriod,
  itemsRenewed,
  itemsWith,
  newItem,
  newSubscription,
} from '../shapes/subscription.ts'
import type { Pause, Subscription } from '../types.ts'
import { type World, change, existing } from '../world.ts'
import {
  closeInvoice,
  draftInvoice,
  emitPaid,
  failInvoice,
  finalizeInvoice,
  leaveInvoice,
  payInvoice,
} from './invoices.ts'

/** Changes a subscription and emits `customer.subscription.updated`, unless nothing changed. */
export function updateSubscription(
  world: World,
  id: string,
  changes: Partial<Subscription>,
): Subscription {
  const { object, previous } = change(world.subscriptions, id, changes)
  if (Object.keys(previous).length > 0) {
    world.emit('customer.subscription.updated', object, previous)
  }
  return object
}

/** Ends a subscription for good: `customer.subscription.deleted`. */
export function endSubscription(
  world: World,
  id: string,
  reason: 'cancellation_requested' | 'payment_failed' = 'cancellation_requested',
): Subscription {
  const now = world.clock.now()
  const { canceled_at } = existing(world.subscriptions, id)
  const { object } = change(world.subscriptions, id, {
    status: 'canceled',
    canceled_at: canceled_at ?? now,
    ended_at: now,
    cancellation_details: cancellation(reason),
  })
  world.emit('customer.subscription.deleted', object)
  return object
}

/** Whether a subscription has ended; nothing changes it any more. */
export function hasEnded(subscription: Subscription): boolean {
  return ['canceled', 'incomplete_expired'].includes(subscription.status)
}

/** The changes to a subscription that will end with its period, or continue after all. */
export function endingWithPeriod(
  world: World,
  subscription: Subscription,
  isEnding: boolean,
): Partial<Subscription> {
  return {
    cancel_at_period_end: isEnding,
    cancel_at: isEnding ? currentPeriod(subscription).end : null,
    canceled_at: isEnding ? world.clock.now() : null,
    cancellation_details: cancellation(isEnding ? 'cancellation_requested' : null),
  }
}

function cancellation(reason: string | null): Subscription['cancellation_details'] {
  return { comment: null, feedback: null, feedback_option: null, reason }
}

/** What time, the card and the customer do to a subscription. */
export function subscriptionActions(world: World) {
  function running(id: string): Subscription {
    const subscription = existing(world.subscriptions, id)
    if (hasEnded(subscription)) throw new Error(`${id} has ended`)
    return subscription
  }

  function itemsOf(
    id: string,
    start: number,
    items: readonly { price: string; quantity?: number }[],
  ) {
    return items.map(({ price, quantity = 1 }) =>
      newItem(id, start, existing(world.prices, price), quantity),
    )
  }

  /** Starts the next period with its invoice, which is not paid yet. */
  function startPeriod(id: string): string {
    const invoice = draftPeriod(id)
    finalizeInvoice(world, invoice)
    return invoice
  }

  /** The next period with the draft of its invoice. */
  function draftPeriod(id: string, changes: Partial<Subscription> = {}): string {
    const before = running(id)
    const next = { ...changes, items: itemsRenewed(before) }
    const invoice = draftInvoice(
      world,
      { ...before, ...next },
      { reason: 'subscription_cycle', period: currentPeriod(before) },
    )
    updateSubscription(world, id, { ...next, latest_invoice: invoice.id })
    return invoice.id
  }

  /** Pays the newest invoice, which makes the subscription active from any state. */
  function settle(id: string, invoice: string): void {
    payInvoice(world, invoice)
    updateSubscription(world, id, { status: 'active' })
    emitPaid(world, invoice)
  }

  function finalizeNewest(id: string): string {
    const { latest_invoice: latest } = running(id)
    if (latest === null) throw new Error(`${id} has no invoice`)
    finalizeInvoice(world, latest)
    return latest
  }

  function setPaused(id: string, isPaused: boolean): void {
    running(id)
    const { object } = change(world.subscriptions, id, { status: isPaused ? 'paused' : 'active' })
    world.emit(`customer.subscription.${isPaused ? 'paused' : 'resumed'}`, object)
  }

  function openInvoiceOf(id: string): string | null {
    const { latest_invoice: latest } = running(id)
    return latest !== null && existing(world.invoices, latest).status === 'open' ? latest : null
  }

  return {
    /**
     * The period ends, and the next one begins and is paid: `invoice.created`,
     * `customer.subscription.updated`, `invoice.finalized`, `invoice.paid`. A subscription that is
     * set to end with its period ends instead.
     */
    renew: (id: string): void => {
      if (running(id).cancel_at_period_end) {
        endSubscription(world, id)
        return
      }
      settle(id, startPeriod(id))
    },

    /**
     * The next period begins and its payment fails: `invoice.payment_failed` and the status
     * `past_due`. A further call fails another attempt at the same invoice.
     */
    failPayment: (id: string): void => {
      failInvoice(world, openInvoiceOf(id) ?? startPeriod(id))
      updateSubscription(world, id, { status: 'past_due' })
    },

    /** The open invoice is paid after all, and the subscription is active again. */
    recover: (id: string): void => {
      const invoice = openInvoiceOf(id)
      if (invoice === null) throw new Error(`${id} has no open invoice`)
      settle(id, invoice)
    },

    /** An invoice that is not the newest is paid after all, which changes nothing in its subscription. */
    payEarlier: (invoice: string): void => {
      payInvoice(world, invoice)
      emitPaid(world, invoice)
    },

    /**
     * The last attempt has failed: by the account's settings the subscription ends, or stays unpaid.
     */
    giveUp: (id: string, to: 'unpaid' | 'canceled'): void => {
      const subscription = running(id)
      if (to === 'canceled') endSubscription(world, subscription.id, 'payment_failed')
      else updateSubscription(world, subscription.id, { status: 'unpaid' })
    },

    /** An operator, or the account's settings, give the open invoice up: the subscription goes on. */
    writeOff: (id: string, status: 'void' | 'uncollectible' = 'uncollectible'): void => {
      const invoice = openInvoiceOf(id)
      if (invoice === null) throw new Error(`${id} has no open invoice`)
      closeInvoice(world, invoice, status)
      updateSubscription(world, id, { status: 'active' })
    },

    /** The draft that a pause or the end of a trial has left is finalised and paid: `invoice.paid` alone. */
    payDraft: (id: string): void => {
      const invoice = finalizeNewest(id)
      payInvoice(world, invoice)
      emitPaid(world, invoice)
    },

    /** The draft is finalised, and its payment fails: `invoice.payment_failed` and the status `past_due`. */
    failDraft: (id: string): void => {
      failInvoice(world, finalizeNewest(id))
      updateSubscription(world, id, { status: 'past_due' })
    },

    /** As on the dashboard; an empty value removes a key. */
    setMetadata: (id: string, changes: Record<string, string>): void => {
      const { metadata } = running(id)
      const entries = Object.entries({ ...metadata, ...changes }).filter(
        ([, value]) => value !== '',
      )
      updateSubscription(world, id, { metadata: Object.fromEntries(entries) })
    },

    /**
     * A trial ends without a payment method, or one comes: `customer.subscription.paused` and `.resumed`,
     * which do not say what was before.
     */
    setPaused,

    /**
     * The time of a trial is up. With a payment method the first period begins, `active` with the draft of
     * its invoice; an hour later Stripe asks for it: `payDraft` or `failDraft`. Without one the subscription is
     * paused or ends, as the account's settings say.
     */
    endTrial: (id: string, otherwise?: 'paused' | 'canceled'): void => {
      const { status, trial_end: trialEnd } = running(id)
      if (status !== 'trialing' || trialEnd === null) throw new Error(`${id} is not on trial`)
      if (otherwise === 'canceled') endSubscription(world, id)
      else if (otherwise === 'paused') setPaused(id, true)
      else draftPeriod(id, { status: 'active' })
    },

    changePrice: (id: string, priceId: string): void => {
      const price = existing(world.prices, priceId)
      const items = itemsWith(running(id), { price })
      updateSubscription(world, id, { items })
    },

    /** Replaces the items, as on the dashboard; their periods are that of the first. */
    setItems: (id: string, items: readonly { price: string; quantity?: number }[]): void => {
      const before = running(id)
      const { start, end } = currentPeriod(before)
      const data = itemsOf(id, start, items).map((item) => ({ ...item, current_period_end: end }))
      updateSubscription(world, id, { items: { ...before.items, data } })
    },

    /** The quantity of its one item changes, and the invoice for that is sent, to be paid later. */
    setQuantityInvoiced: (id: string, quantity: number): void => {
      const before = running(id)
      const items = itemsWith(before, { quantity })
      const invoice = draftInvoice(
        world,
        { ...before, items },
        { reason: 'subscription_cycle', period: currentPeriod(before) },
      )
      finalizeInvoice(world, invoice.id)
      updateSubscription(world, id, { items, latest_invoice: invoice.id })
    },

    /** An upgrade whose invoice is due at once and is not paid: one update to `past_due`. */
    upgradeUnpaid: (id: string, priceId: string): void => {
      const before = running(id)
      const items = itemsWith(before, { price: existing(world.prices, priceId) })
      const invoice = draftInvoice(
        world,
        { ...before, items },
        { reason: 'subscription_cycle', period: currentPeriod(before) },
      )
      finalizeInvoice(world, invoice.id)
      failInvoice(world, invoice.id)
      updateSubscription(world, id, { items, latest_invoice: invoice.id, status: 'past_due' })
    },

    /** Null resumes. Renewals continue meanwhile, by `renewUnasked`. */
    pauseCollection: (id: string, behavior: Pause | null): void => {
      running(id)
      const pause = behavior === null ? null : { behavior, resumes_at: null }
      updateSubscription(world, id, { pause_collection: pause })
    },

    /**
     * While collection is paused the next period begins, and its invoice is voided, stays a draft or is
     * written off.
     */
    renewUnasked: (id: string): void => {
      const { pause_collection: pause } = running(id)
      if (pause === null) throw new Error(`${id} is not paused`)
      leaveInvoice(world, draftPeriod(id), pause.behavior)
    },

    cancelAt: (id: string, seconds: number | null): void => {
      running(id)
      updateSubscription(world, id, { cancel_at: seconds })
    },

    /**
     * A paid subscription, made on the dashboard. With `daysUntilDue` it is active and its first
     * invoice is open: `recover` pays it, or it becomes `overdue`.
     * @returns its id
     */
    startSubscription: (given: {
      customer: string
      items: readonly { price: string; quantity?: number }[]
      metadata?: Record<string, string>
      daysUntilDue?: number
    }): string => {
      const items = given.items.map(({ price, quantity = 1 }) => ({
        price: existing(world.prices, price),
        quantity,
      }))
      const { metadata = {} } = given
      const created = newSubscription(world.clock.now(), { ...given, items, metadata })
      const invoice = draftInvoice(world, created, {
        reason: 'subscription_create',
        period: { start: created.created, end: created.created },
      })
      world.subscriptions.set(created.id, { ...created, latest_invoice: invoice.id })
      world.emit('customer.subscription.created', existing(world.subscriptions, created.id))
      finalizeInvoice(world, invoice.id)
      if (given.daysUntilDue === undefined) settle(created.id, invoice.id)
      return created.id
    },

    /** The open invoice is not paid by its due date: `invoice.overdue` and the status `past_due`. */
    overdue: (id: string): void => {
      const invoice = openInvoiceOf(id)
      if (invoice === null) throw new Error(`${id} has no open invoice`)
      world.emit('invoice.overdue', existing(world.invoices, invoice))
      updateSubscription(world, id, { status: 'past_due' })
    },

    /** The next period begins with its invoice, whatever is still owed. */
    invoicePeriod: (id: string): void => void startPeriod(id),

    cancelAtPeriodEnd: (id: string, isEnding = true): void => {
      updateSubscription(world, id, endingWithPeriod(world, running(id), isEnding))
    },

    /** Cancels at once. */
    cancel: (id: string): void => void endSubscription(world, running(id).id),
  }
}
