import { expireSession, isOpen } from '../actions/checkout.ts'
import { invalidRequest, noSuchObject, refused } from '../errors.ts'
import { listAnswer, shown } from '../lists.ts'
import { newMetadata } from '../metadata.ts'
import type { Params } from '../params.ts'
import { newCheckoutSession, newLineItem, newPortalSession } from '../shapes/checkout.ts'
import { type NewPrice, isMetered, newPrice } from '../shapes/price.ts'
import type { LineItem, Price } from '../types.ts'
import type { World } from '../world.ts'
import { liveCustomer } from './customers.ts'
import type { Route } from './route.ts'

const URL = '/v1/checkout/sessions'
const MODES = ['payment', 'subscription'] as const
const CREATIONS = ['always', 'if_required'] as const
const INTERVALS = ['day', 'week', 'month', 'year'] as const

export const checkoutRoutes: Route[] = [
  {
    method: 'POST',
    path: URL,
    answer: ({ world, params }) => {
      const session = readSession(world, params)
      for (const { price } of session.lineItems) {
        if (price !== null) world.prices.set(price.id, price as Price)
      }
      world.checkoutSessions.set(session.object.id, session.object)
      world.lineItems.set(session.object.id, session.lineItems)
      world.sessionMetadata.set(session.object.id, session.handedOn.metadata)
      if (session.handedOn.isSaving) world.saving.add(session.object.id)
      const { trialDays } = session.handedOn
      if (trialDays !== undefined) world.trialDays.set(session.object.id, trialDays)
      return session.object
    },
  },
  {
    method: 'GET',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      params.finish()
      requireSession(world, id)
      isOpen(world, id)
      return shown(world, requireSession(world, id))
    },
  },
  {
    method: 'GET',
    path: URL,
    answer: ({ world, params }) => {
      const filters = (['payment_intent', 'subscription', 'customer', 'status'] as const).map(
        (name) => [name, params.text(name)] as const,
      )
      const rows = [...world.checkoutSessions.values()].filter((session) =>
        filters.every(([name, value]) => value === undefined || session[name] === value),
      )
      return listAnswer(world, params, { url: URL, kind: 'checkout session', rows })
    },
  },
  {
    method: 'POST',
    path: `${URL}/:id/expire`,
    answer: ({ world, id, params }) => {
      params.finish()
      requireSession(world, id)
      if (isOpen(world, id)) return expireSession(world, id)
      throw refused('Only Checkout Sessions with a status in ["open"] can be expired.')
    },
  },
  {
    method: 'POST',
    path: '/v1/billing_portal/sessions',
    answer: ({ world, params }) => {
      const customer = liveCustomer(world, params.requiredText('customer'), 'customer').id
      const returnUrl = params.url('return_url') ?? null
      params.finish()
      return newPortalSession(world.clock.now(), customer, returnUrl)
    },
  },
]

function requireSession(world: World, id: string) {
  const session = world.checkoutSessions.get(id)
  if (session === undefined) throw noSuchObject('checkout session', id)
  return session
}

function readSession(world: World, params: Params) {
  const mode = params.choice('mode', MODES)
  if (mode === undefined)
    throw invalidRequest('Missing required param: mode.', 'parameter_missing', 'mode')
  const customer = params.text('customer')
  const customerEmail = params.text('customer_email')
  if (customer !== undefined && customerEmail !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.')
  }
  const lineItems = (params.list('line_items') ?? []).map((item) => readLineItem(world, item, mode))
  if (lineItems.length === 0) {
    throw invalidRequest('Missing required param: line_items.', 'parameter_missing', 'line_items')
  }
  params.requiredText('success_url')
  const given = {
    mode,
    customer: customer === undefined ? null : liveCustomer(world, customer, 'customer').id,
    customerEmail: customerEmail ?? null,
    clientReferenceId: params.text('client_reference_id') ?? null,
    metadata: newMetadata(params),
    successUrl: params.url('success_url') ?? '',
    cancelUrl: params.url('cancel_url') ?? null,
    expiresAt: params.integer('expires_at'),
    lineItems,
    customerCreation: params.choice('customer_creation', CREATIONS),
  }
  const handedOn = readHandedOn(params, mode)
  const options = readOptions(params)
  params.finish()
  const object = { ...newCheckoutSession(world.clock.now(), given), ...options }
  return { object, lineItems, handedOn }
}

/** What the page shows besides. Stripe wants to be told that it may change a customer that it knows. */
function readOptions(params: Params) {
  const isTaxed = params.nested('automatic_tax')?.flag('enabled') === true
  const asksForTaxId = params.nested('tax_id_collection')?.flag('enabled') === true
  const update = params.nested('customer_update')
  const updates = [update?.text('address'), update?.text('name')]
  if (params.text('customer') !== undefined) {
    if (isTaxed && updates[0] !== 'auto') throw refused('Automatic tax needs a customer address.')
    if (asksForTaxId && updates[1] !== 'auto') throw refused('Tax ID collection needs a name.')
  }
  return {
    allow_promotion_codes: params.flag('allow_promotion_codes') ?? null,
    automatic_tax: { enabled: isTaxed, liability: null, provider: null, status: null },
    tax_id_collection: { enabled: asksForTaxId, required: 'never' as const },
  }
}

/**
 * For what the session makes: metadata, as the session's own is not inherited, whether the payment method is
 * saved, and the days of a trial.
 */
function readHandedOn(params: Params, mode: (typeof MODES)[number]) {
  const [wanted, other] =
    mode === 'subscription'
      ? (['subscription_data', 'payment_intent_data'] as const)
      : (['payment_intent_data', 'subscription_data'] as const)
  if (params.nested(other) !== undefined) {
    const message = `You can not pass \`${other}\` in \`${mode}\` mode.`
    throw invalidRequest(message, undefined, other)
  }
  const data = params.nested(wanted)
  const days = data?.integer('trial_period_days')
  if (days !== undefined && days < 1) throw refused('A trial lasts a day at least.')
  const usage =
    mode === 'payment'
      ? data?.choice('setup_future_usage', ['off_session', 'on_session'])
      : undefined
  return { metadata: newMetadata(data), isSaving: usage === 'off_session', trialDays: days }
}

function readLineItem(world: World, item: Params, mode: (typeof MODES)[number]): LineItem {
  const quantity = item.integer('quantity')
  const price = readPrice(world, item)
  if (quantity !== undefined && isMetered(price)) {
    const message = 'Quantity should not be specified where usage_type is `metered`.'
    throw refused(message)
  }
  if (mode === 'subscription' && price.type !== 'recurring') {
    const message = 'You must provide at least one recurring price in `subscription` mode.'
    throw invalidRequest(message)
  }
  if (mode === 'payment' && price.type === 'recurring') {
    const message = 'You specified `payment` mode but passed a recurring price.'
    throw invalidRequest(message)
  }
  return newLineItem(price, quantity ?? 1)
}

/** `price`, the id of an existing price, or `price_data`, from which a one-off price is made. */
function readPrice(world: World, item: Params): Price {
  const data = item.nested('price_data')
  if (data === undefined) {
    const id = item.requiredText('price')
    const price = world.prices.get(id)
    if (price === undefined) throw noSuchObject('price', id, item.nameOf('price'))
    if (!price.active) throw refused('The price specified is inactive.')
    return price
  }
  const product = data.nested('product_data')
  const recurring = data.nested('recurring')
  const interval = recurring?.choice('interval', INTERVALS)
  const given: NewPrice = {
    currency: data.requiredText('currency'),
    unit_amount: data.requiredInteger('unit_amount'),
    active: false,
    ...optional('nickname', product?.requiredText('name')),
    ...optional('product', data.text('product')),
    ...(interval !== undefined && {
      recurring: { interval, ...optional('interval_count', recurring?.integer('interval_count')) },
    }),
  }
  product?.text('description')
  product?.dictionary('metadata')
  if (given.product === undefined && product === undefined) {
    const message = 'One of product or product_data must be specified.'
    throw invalidRequest(message, 'parameter_missing', data.nameOf('product'))
  }
  return newPrice(world.clock.now(), given)
}

/** For an optional property, which may be absent but not undefined. */
function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V })
}
