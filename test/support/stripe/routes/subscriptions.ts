import {
  endSubscription,
  endingWithPeriod,
  hasEnded,
  updateSubscription,
} from '../actions/subscriptions.ts'
import { noSuchObject, refused } from '../errors.ts'
import { listAnswer, shown } from '../lists.ts'
import { mergedMetadata } from '../metadata.ts'
import type { Params } from '../params.ts'
import { itemsWith } from '../shapes/subscription.ts'
import type { Subscription } from '../types.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

const URL = '/v1/subscriptions'
const ITEMS_URL = '/v1/subscription_items'
const PRORATIONS = ['always_invoice', 'create_prorations', 'none'] as const

export const subscriptionRoutes: Route[] = [
  {
    method: 'GET',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      params.finish()
      return shown(world, requireSubscription(world, id))
    },
  },
  {
    method: 'GET',
    path: URL,
    answer: ({ world, params }) => {
      const [status, customer] = [params.text('status'), params.text('customer')]
      const price = params.text('price')
      const rows = [...world.subscriptions.values()].filter(
        (subscription) =>
          hasStatus(subscription, status) &&
          (customer === undefined || subscription.customer === customer) &&
          (price === undefined || subscription.items.data.some((item) => item.price.id === price)),
      )
      return listAnswer(world, params, { url: URL, kind: 'subscription', rows })
    },
  },
  {
    method: 'GET',
    path: ITEMS_URL,
    answer: ({ world, params }) => {
      const id = params.text('subscription') ?? ''
      const subscription = requireSubscription(world, id)
      const { items } = (world.stale.get(id) ?? subscription) as Subscription
      const [limit, after] = [params.integer('limit') ?? 10, params.text('starting_after')]
      params.finish()
      const from = after === undefined ? 0 : items.data.findIndex((item) => item.id === after) + 1
      const data = items.data.slice(from, from + limit)
      return { ...items, data, has_more: from + limit < items.data.length }
    },
  },
  {
    method: 'POST',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      const subscription = requireRunning(world, id)
      const isEnding = params.flag('cancel_at_period_end')
      const metadata = mergedMetadata(subscription.metadata, params)
      const items = readItems(world, subscription, params)
      params.choice('proration_behavior', PRORATIONS)
      params.finish()
      return updateSubscription(world, id, {
        ...(isEnding !== undefined && endingWithPeriod(world, subscription, isEnding)),
        ...(metadata !== undefined && { metadata }),
        items,
      })
    },
  },
  {
    method: 'DELETE',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      params.flag('invoice_now')
      params.flag('prorate')
      params.finish()
      return endSubscription(world, requireRunning(world, id).id)
    },
  },
]

/** Without a status, a list has all that have not ended. */
function hasStatus(subscription: Subscription, status: string | undefined): boolean {
  if (status === undefined) return subscription.status !== 'canceled'
  if (status === 'ended') return hasEnded(subscription)
  return status === 'all' || subscription.status === status
}

function requireSubscription(world: World, id: string): Subscription {
  const subscription = world.subscriptions.get(id)
  if (subscription === undefined) throw noSuchObject('subscription', id)
  return subscription
}

/** Updates treat an ended subscription as missing. */
function requireRunning(world: World, id: string): Subscription {
  const subscription = requireSubscription(world, id)
  if (hasEnded(subscription)) throw noSuchObject('subscription', id)
  return subscription
}

function readItems(world: World, subscription: Subscription, params: Params) {
  let { items } = subscription
  for (const given of params.list('items') ?? []) {
    const [id, priceId, quantity] = [
      given.text('id'),
      given.text('price'),
      given.integer('quantity'),
    ]
    const price = priceId === undefined ? undefined : world.prices.get(priceId)
    if (priceId !== undefined && price === undefined) {
      throw noSuchObject('price', priceId, given.nameOf('price'))
    }
    if (id === undefined)
      throw refused('A subscription here has one item; name its id to change it.')
    if (!items.data.some((item) => item.id === id)) {
      throw noSuchObject('subscription item', id, given.nameOf('id'))
    }
    items = itemsWith(
      { ...subscription, items },
      { id, ...(price && { price }), ...(quantity !== undefined && { quantity }) },
    )
  }
  return items
}
