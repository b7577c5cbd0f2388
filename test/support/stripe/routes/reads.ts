import { noSuchObject } from '../errors.ts'
import { listAnswer, shown } from '../lists.ts'
import type { World } from '../world.ts'
import type { Route } from './route.ts'

interface Readable {
  id: string
  created: number
}

/**
 * The two reads of a resource: one by id, and a list.
 * @param filters the list's own parameters, each with the field that it is compared with
 */
function reads<T extends Readable>(
  kind: string,
  url: string,
  tableOf: (world: World) => Map<string, T>,
  filters: Record<string, (object: T) => unknown>,
): Route[] {
  return [
    {
      method: 'GET',
      path: `${url}/:id`,
      answer: ({ world, id, params }) => {
        params.finish()
        const object = tableOf(world).get(id)
        if (object === undefined) throw noSuchObject(kind, id)
        return shown(world, object)
      },
    },
    {
      method: 'GET',
      path: url,
      answer: ({ world, params }) => {
        const given = Object.entries(filters)
          .map(([name, read]) => ({ read, value: params.text(name) }))
          .filter(({ value }) => value !== undefined)
        const rows = [...tableOf(world).values()].filter((object) =>
          given.every(({ read, value }) => read(object) === value),
        )
        return listAnswer(world, params, { url, kind, rows })
      },
    },
  ]
}

export const readRoutes: Route[] = [
  ...reads('price', '/v1/prices', (world) => world.prices, {
    currency: (price) => price.currency,
    product: (price) => price.product,
    type: (price) => price.type,
  }),
  ...reads('invoice', '/v1/invoices', (world) => world.invoices, {
    customer: (invoice) => invoice.customer,
    status: (invoice) => invoice.status,
    subscription: (invoice) => invoice.parent?.subscription_details?.subscription,
  }),
  ...reads('payment_intent', '/v1/payment_intents', (world) => world.paymentIntents, {
    customer: (intent) => intent.customer,
  }),
  ...reads('charge', '/v1/charges', (world) => world.charges, {
    customer: (charge) => charge.customer,
    payment_intent: (charge) => charge.payment_intent,
  }),
  ...reads('refund', '/v1/refunds', (world) => world.refunds, {
    charge: (refund) => refund.charge,
    payment_intent: (refund) => refund.payment_intent,
  }),
  ...reads('dispute', '/v1/disputes', (world) => world.disputes, {
    charge: (dispute) => dispute.charge,
    payment_intent: (dispute) => dispute.payment_intent,
  }),
  ...reads(
    'event',
    '/v1/events',
    (world) => new Map(world.events.map((event) => [event.id, event])),
    { type: (event) => event.type },
  ),
]
