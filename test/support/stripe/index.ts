import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { checkoutActions } from './actions/checkout.ts'
import { deleteCustomer } from './actions/customers.ts'
import { paymentActions } from './actions/payments.ts'
import { subscriptionActions } from './actions/subscriptions.ts'
import { createApi } from './api.ts'
import type { Clock } from './clock.ts'
import { type DeliverOptions, type DeliverReport, deliver } from './deliver.ts'
import { findObject } from './expand.ts'
import { type Faults, createFaults } from './faults.ts'
import { type LiveDelivery, startDelivering } from './live.ts'
import { type LoggedRequest, createApiServer } from './server.ts'
import { newCheckoutSession, newLineItem } from './shapes/checkout.ts'
import { newCustomer } from './shapes/customer.ts'
import { type NewPrice, newPrice } from './shapes/price.ts'
import type { MeterEvent, Price, StripeEvent } from './types.ts'
import { change, createWorld, existing } from './world.ts'

export type { DeliverReport, Faults, LiveDelivery, LoggedRequest, NewPrice, StripeEvent }
export { asBare, asCopy, asOldShape } from './shapes/old.ts'

type Actions = ReturnType<typeof checkoutActions> &
  ReturnType<typeof subscriptionActions> &
  ReturnType<typeof paymentActions>

/** A Stripe account, as its API shows it and as the outside world acts on it. */
export interface StripeStandIn extends Actions {
  /**
   * The address of the API, for the SDK's `host`, `port` and `protocol`: `http://127.0.0.1:<port>`.
   */
  origin: string
  /** Stripe's time: the time of the start, until a test moves it. */
  clock: Clock
  /** Every request so far. */
  requests: LoggedRequest[]
  /** Every event so far, oldest first. */
  events: StripeEvent[]
  /** Every meter event that was accepted. */
  meterEvents: MeterEvent[]
  faults: Faults
  /** A price, as created on the dashboard. */
  addPrice(price: NewPrice): Price
  /** Lets a price be sold again. */
  activatePrice(id: string): void
  deleteCustomer(id: string): void
  /** A customer, as created on the dashboard. @returns its id */
  addCustomer(metadata?: Record<string, string>): string
  /** Opens a Payment Link. @returns the session, which `payCheckout` can pay */
  openPaymentLink(price: string, clientReferenceId: string): string
  /**
   * The present state of the object with this id, as the API shows it; undefined if there is none.
   */
  find(id: string): object | undefined
  /** Sends events as signed webhooks. */
  deliver(options: DeliverOptions): Promise<DeliverReport>
  /** Sends each event from now on when it is emitted, until `stop` or `close`. */
  startDelivering(to: string): LiveDelivery
  close(): Promise<void>
}

/**
 * A stand-in for Stripe on a separate port, with the shapes of the API version that the SDK pins. It
 * refuses what it does not know, even a parameter of the real API: add it then.
 */
export async function startStripe(options: {
  secretKey: string
  webhookSecret: string
}): Promise<StripeStandIn> {
  const { secretKey, webhookSecret: secret } = options
  const world = createWorld()
  const find = (id: string) => findObject(world, id)
  const control = createFaults(world, find)
  const requests: LoggedRequest[] = []
  const deliveries: LiveDelivery[] = []
  const answerTo = createApi(world, secretKey, control.delay)
  const server = createApiServer(answerTo, control, requests, world.clock)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    origin: `http://127.0.0.1:${port}`,
    clock: world.clock,
    requests,
    events: world.events,
    meterEvents: world.meterEvents,
    faults: control.faults,
    find,
    addPrice: (given) => {
      const price = newPrice(world.clock.now(), given)
      world.prices.set(price.id, price)
      return price
    },
    activatePrice: (id) => void change(world.prices, id, { active: true }),
    addCustomer: (metadata = {}) => {
      const customer = newCustomer(world.clock.now(), { metadata })
      world.customers.set(customer.id, customer)
      world.emit('customer.created', customer)
      return customer.id
    },
    openPaymentLink: (price, clientReferenceId) => {
      const lineItems = [newLineItem(existing(world.prices, price), 1)]
      const session = newCheckoutSession(world.clock.now(), {
        mode: 'subscription',
        customer: null,
        customerEmail: null,
        clientReferenceId,
        metadata: {},
        successUrl: 'https://stripe.example/done',
        cancelUrl: null,
        expiresAt: undefined,
        lineItems,
      })
      world.checkoutSessions.set(session.id, session)
      world.lineItems.set(session.id, lineItems)
      return session.id
    },
    deleteCustomer: (id) => void deleteCustomer(world, id),
    ...checkoutActions(world),
    ...subscriptionActions(world),
    ...paymentActions(world),
    deliver: (given) => deliver({ events: [...world.events], secret, ...given }),
    startDelivering: (to) => {
      const delivery = startDelivering(world, to, secret)
      deliveries.push(delivery)
      return delivery
    },
    close: async () => {
      await Promise.all(deliveries.map((delivery) => delivery.stop()))
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      control.faults.clear()
      await closed
    },
  }
}
