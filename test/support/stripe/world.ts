import { randomInt } from 'node:crypto'
import { type Clock, createClock } from './clock.ts'
import { API_VERSION } from './types.ts'
import type * as api from './types.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

type Table<T> = Map<string, T>

/** Everything that exists in this Stripe account, and what has happened to it. */
export interface World {
  clock: Clock
  /** Objects are replaced and never changed in place; each table is in the order of creation. */
  customers: Table<api.Customer | api.DeletedCustomer>
  prices: Table<api.Price>
  checkoutSessions: Table<api.CheckoutSession>
  /** By the session's id; the API shows them only if `expand` asks. */
  lineItems: Table<api.LineItem[]>
  /** The metadata for the subscription or payment that a session makes, by the session's id. */
  sessionMetadata: Table<Record<string, string>>
  /** For how many days a session's subscription is tried, by the session's id. */
  trialDays: Table<number>
  subscriptions: Table<api.Subscription>
  invoices: Table<api.Invoice>
  paymentIntents: Table<api.PaymentIntent>
  charges: Table<api.Charge>
  /** Those that a checkout has saved, and those that are good for one payment. */
  paymentMethods: Table<api.PaymentMethod>
  /** Sessions that save what they are paid with. */
  saving: Set<string>
  /** What the bank says to charges of a payment method: a decline's code. */
  declines: Table<string>
  refunds: Table<api.Refund>
  disputes: Table<api.Dispute>
  /** What is known of them. */
  balanceTransactions: Table<{ id: string; currency: string; amount: number }>
  meterEvents: api.MeterEvent[]
  /** All events, oldest first. */
  events: api.StripeEvent[]
  /** The call being answered, which its events name. */
  caller: api.StripeEvent['request']
  /** Older states that reads show instead of the present ones, by object id. */
  stale: Map<string, api.Json>
  emit(type: api.EventType, object: object, previous?: object): void
  /** Calls back with each event from now on, until the returned function is called. */
  subscribe(listener: (event: api.StripeEvent) => void): () => void
}

export function createWorld(): World {
  const listeners = new Set<(event: api.StripeEvent) => void>()
  const world: World = {
    clock: createClock(),
    customers: new Map(),
    prices: new Map(),
    checkoutSessions: new Map(),
    lineItems: new Map(),
    sessionMetadata: new Map(),
    trialDays: new Map(),
    subscriptions: new Map(),
    invoices: new Map(),
    paymentIntents: new Map(),
    charges: new Map(),
    paymentMethods: new Map(),
    saving: new Set(),
    declines: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    balanceTransactions: new Map(),
    meterEvents: [],
    events: [],
    caller: { id: null, idempotency_key: null },
    stale: new Map(),
    emit: (type, object, previous) => {
      const event: api.StripeEvent = {
        id: newId('evt_1', 23),
        object: 'event',
        api_version: API_VERSION,
        created: world.clock.now(),
        data: {
          object: asSent(asShown(object)),
          ...(previous !== undefined && { previous_attributes: asSent(asShown(previous)) }),
        },
        livemode: false,
        pending_webhooks: 1,
        request: world.caller,
        type,
      }
      world.events.push(event)
      for (const listener of listeners) listener(event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return world
}

/** The prefix and this many random characters; like Stripe's ids, it reveals nothing of its age. */
export function newId(prefix: string, length: number): string {
  return prefix + Array.from({ length }, () => BASE62[randomInt(62)]).join('')
}

const ITEMS_SHOWN = 10

/** A subscription shows ten items; the rest are a list of their own. */
export function asShown<T extends object>(object: T): T {
  const { items } = object as { items?: { data?: unknown[] } }
  if (items?.data === undefined || items.data.length <= ITEMS_SHOWN) return object
  return { ...object, items: { ...items, data: items.data.slice(0, ITEMS_SHOWN), has_more: true } }
}

/** The object as plain JSON; decimal numbers become text, as on the wire. */
export function asSent(object: object): api.Json {
  return JSON.parse(JSON.stringify(object)) as api.Json
}

/**
 * Replaces changed attributes.
 * @returns the new object, and the earlier values of the attributes that differ
 */
export function change<T extends { id: string }>(
  table: Table<T>,
  id: string,
  changes: Partial<T>,
): { object: T; previous: Partial<T> } {
  const before = existing(table, id)
  const object = { ...before, ...changes }
  const changed = Object.keys(changes) as (keyof T)[]
  const previous = Object.fromEntries(
    changed
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(object[key]))
      .map((key) => [
        key,
        NESTED.has(String(key)) ? former(before[key], object[key]) : before[key],
      ]),
  ) as Partial<T>
  table.set(id, object)
  return { object, previous }
}

/** Of these, an event says what was different alone. */
const NESTED: ReadonlySet<string> = new Set(['metadata', 'pause_collection'])

/** What an object within an object was before, where it was different; null for what was not there. */
function former(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return before
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return Object.fromEntries(
    keys.filter((key) => before[key] !== after[key]).map((key) => [key, before[key] ?? null]),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object'
}

/** For tests, which name only existing objects; the API answers a 404 instead. */
export function existing<T>(table: Table<T>, id: string): T {
  const object = table.get(id)
  if (object === undefined) throw new Error(`There is no ${id}`)
  return object
}
