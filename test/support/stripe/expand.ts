import { refused } from './errors.ts'
import { shown } from './lists.ts'
import { innerList } from './shapes/list.ts'
import type { Json } from './types.ts'
import { type World, asSent } from './world.ts'

/**
 * The answer with ids replaced by their objects, for paths such as `latest_charge` or, in a list,
 * `data.payment_intent.latest_charge`.
 */
export function expanded(world: World, answer: object, paths: readonly string[]): Json {
  const sent = asSent(answer)
  for (const path of paths) expand(world, sent, path.split('.'), path)
  return sent
}

function expand(world: World, object: Json, [name = '', ...rest]: string[], path: string): void {
  if (name === 'line_items' && object['object'] === 'checkout.session')
    includeLineItems(world, object)
  const value = object[name]
  if (value === undefined) {
    throw refused(`This property cannot be expanded (${path}).`)
  }
  if (typeof value === 'string') {
    const found = findObject(world, value)
    if (found === undefined) {
      throw refused(`This property cannot be expanded (${path}).`)
    }
    object[name] = asSent(shown(world, found))
  }
  if (rest.length === 0) return
  const inner = object[name]
  for (const item of Array.isArray(inner) ? (inner as Json[]) : [inner as Json | null]) {
    if (item !== null) expand(world, item, rest, path)
  }
}

/** The object with this id, of any kind. */
export function findObject(world: World, id: string): { id: string } | undefined {
  const tables = [
    world.customers,
    world.prices,
    world.checkoutSessions,
    world.subscriptions,
    world.invoices,
    world.paymentIntents,
    world.charges,
    world.paymentMethods,
    world.refunds,
    world.disputes,
    world.balanceTransactions,
  ]
  return tables.map((table) => table.get(id)).find((object) => object !== undefined)
}

/** Line items are part of a session only on request. */
function includeLineItems(world: World, session: Json): void {
  const id = String(session['id'])
  const url = `/v1/checkout/sessions/${id}/line_items`
  session['line_items'] = asSent(innerList(world.lineItems.get(id) ?? [], url))
}
