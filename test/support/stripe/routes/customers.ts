import { deleteCustomer, isDeleted } from '../actions/customers.ts'
import { noSuchObject } from '../errors.ts'
import { listAnswer, shown } from '../lists.ts'
import { mergedMetadata, newMetadata } from '../metadata.ts'
import type { Params } from '../params.ts'
import { newCustomer } from '../shapes/customer.ts'
import type { Customer } from '../types.ts'
import { type World, change } from '../world.ts'
import type { Route } from './route.ts'

const URL = '/v1/customers'

export const customerRoutes: Route[] = [
  {
    method: 'POST',
    path: URL,
    answer: ({ world, params }) => {
      const given = { ...readFields(params), metadata: newMetadata(params) }
      params.finish()
      const customer = newCustomer(world.clock.now(), given)
      world.customers.set(customer.id, customer)
      world.emit('customer.created', customer)
      return customer
    },
  },
  {
    method: 'GET',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      params.finish()
      const customer = world.customers.get(id)
      if (customer === undefined) throw noSuchObject('customer', id)
      return shown(world, customer)
    },
  },
  {
    method: 'GET',
    path: URL,
    answer: ({ world, params }) => {
      const email = params.text('email')
      const rows = [...world.customers.values()].filter(
        (customer): customer is Customer =>
          customer.deleted !== true && (email === undefined || customer.email === email),
      )
      return listAnswer(world, params, { url: URL, kind: 'customer', rows })
    },
  },
  {
    method: 'POST',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      const customer = liveCustomer(world, id)
      const metadata = mergedMetadata(customer.metadata, params)
      const changes = { ...readFields(params), ...(metadata !== undefined && { metadata }) }
      params.finish()
      const { object, previous } = change(world.customers, id, changes)
      if (Object.keys(previous).length > 0) world.emit('customer.updated', object, previous)
      return object
    },
  },
  {
    method: 'DELETE',
    path: `${URL}/:id`,
    answer: ({ world, id, params }) => {
      params.finish()
      return deleteCustomer(world, liveCustomer(world, id).id)
    },
  },
]

/** The customer of a call; only reads can see a deleted one. */
export function liveCustomer(world: World, id: string, param = 'id'): Customer {
  if (isDeleted(world, id)) throw noSuchObject('customer', id, param)
  return world.customers.get(id) as Customer
}

/** The fields that were sent; an empty text clears a field. */
function readFields(params: Params): Partial<Customer> {
  const names = ['email', 'name', 'phone', 'description'] as const
  const sent = names.map((name) => [name, params.text(name)] as const)
  return Object.fromEntries(
    sent.filter(([, value]) => value !== undefined).map(([name, value]) => [name, value || null]),
  )
}
