import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyEvent } from '../../../src/stripe/apply.ts'
import { EVENT_TYPES } from '../../../src/stripe/event-types.ts'
import { follow, followCustomer } from '../../../src/subscriptions/follow.ts'
import { URLS, startBilling } from '../billing.ts'
import { putPlan } from '../customers.ts'
import { type StripeEvent, asBare, asCopy } from '../stripe/index.ts'
import {
  type Delivery,
  FILLERS,
  type Fact,
  PLANS,
  PRICES,
  type Pick,
  type PlanName,
  type PriceName,
  type Story,
} from './facts.ts'
import {
  DAY_S,
  advance,
  aimed,
  canHappen,
  happen,
  isTaken,
  leftOf,
  newModel,
  partOf,
  returnedOf,
  untilRenewal,
} from './model.ts'

/** What waits to be told or done: an event of Stripe's, or a job of the service. */
interface Waiting {
  event?: StripeEvent
  /** What Stripe showed before the fact that the event tells of, while an old answer may still come. */
  before?: { shown: { subscription: object; invoice: object | undefined }; until: number }
  job?: () => Promise<void>
}

export type Stage = Awaited<ReturnType<typeof openStage>>

const PERIOD_DAYS = 30
/** Stripe may show what was there before a change for some seconds. */
const STALE_S = 8
const APPLIED_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES)

/** A service whose jobs are run by the stories, each at its time, and Stripe beside it. */
export async function openStage(t: TestContext) {
  const billing = await startBilling(t, {
    RUN_JOBS: 'false',
    DEFAULT_PLAN: 'default',
  })
  const { rank, limits } = PLANS.default
  await putPlan(billing.service, 'default', { rank, limits })
  let stories = 0
  return { ...billing, nextStory: () => ++stories }
}

/** The people and plans of one story, on a stage that others have used before. */
export async function openStory(stage: Stage, { ago }: { ago: number }) {
  const { service, stripe, newCustomer } = stage
  const number = stage.nextStory()
  const userId = `user-${number}`
  const planId = (plan: PlanName) => (plan === 'default' ? plan : `s${number}-${plan}`)
  const priceIds = new Map<PriceName, string>(
    [...PRICES, ...FILLERS].map((name) => {
      const recurring = { interval: 'day', interval_count: PERIOD_DAYS } as const
      return [name, stripe.addPrice({ unit_amount: 500, recurring }).id]
    }),
  )
  const priceId = (name: PriceName) => priceIds.get(name)!
  for (const plan of ['starter', 'pro', 'addon', 'free'] as const)
    await put(plan, PLANS[plan].prices)
  const people = {
    ada: await newCustomer(`ada${number}@example.com`),
    eve: await newCustomer(`eve${number}@example.com`),
  }
  const customer = people.ada
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  const now = Math.floor(Date.now() / 1_000)
  stripe.clock.set(now - ago * DAY_S)
  const model = newModel(stripe.clock.now())
  const stripeCustomer = stripe.addCustomer()

  const subs: string[] = []
  const charges: string[] = []
  const refunds: string[] = []
  const disputes: string[] = []
  let waiting: Waiting[] = []
  const told: StripeEvent[] = []

  function put(plan: PlanName, prices: readonly PriceName[]) {
    const { rank, limits } = PLANS[plan]
    return service.asAdmin('PUT', `/api/plans/${planId(plan)}`, {
      name: plan,
      features: {},
      limits,
      rank,
      stripe_price_ids: prices.map(priceId),
    })
  }

  const bought = (items: readonly Pick[]) =>
    items.map(({ price, quantity }) => ({ price: priceId(price), quantity }))

  /** Runs it, and lets its events wait; returns whether there was such a fact. */
  async function tell(fact: Fact): Promise<boolean> {
    const target = aimed(model, fact)
    if (target === null) return false
    pass(untilRenewal(model, target))
    if (!canHappen(model, target)) return false
    const seen = stripe.events.length
    const shown = 'sub' in target ? shownNow(subs[target.sub]!) : undefined
    if ((await act(target)) === false) return false
    happen(model, target)
    collect(seen, shown)
    return true
  }

  /** Time passes, in which some subscriptions end by themselves. */
  function pass(seconds: number): void {
    if (seconds === 0) return
    stripe.clock.advance(seconds)
    for (const index of advance(model, seconds)) {
      const seen = stripe.events.length
      const shown = shownNow(subs[index]!)
      stripe.cancel(subs[index]!)
      collect(seen, shown)
    }
  }

  function shownNow(id: string): Waiting['before'] {
    const subscription = stripe.find(id)!
    const { latest_invoice: latest } = subscription as { latest_invoice: string | null }
    const invoice = latest === null ? undefined : stripe.find(latest)
    return { shown: { subscription, invoice }, until: stripe.clock.now() + STALE_S }
  }

  function collect(seen: number, before?: Waiting['before']): void {
    for (const event of stripe.events.slice(seen)) {
      if (APPLIED_TYPES.has(event.type)) waiting.push({ event, ...(before && { before }) })
    }
  }

  async function act(fact: Fact): Promise<boolean | void> {
    const sub = 'sub' in fact ? subs[fact.sub]! : ''
    const customerPath = `/api/customers/${customer.customerId}`
    switch (fact.kind) {
      case 'subscribe':
        subs.push(
          stripe.startSubscription({
            customer: fact.isNamed ? stripeCustomer : stripe.addCustomer(),
            items: bought(fact.items),
            metadata: fact.isNamed ? { customer_id: customer.customerId } : {},
          }),
        )
        return
      case 'items':
        return stripe.setItems(sub, bought(fact.items))
      case 'renew':
        return stripe.renew(sub)
      case 'fail':
      case 'retry':
        return stripe.failPayment(sub)
      case 'recover':
        return stripe.recover(sub)
      case 'renew_unasked':
        return stripe.renewUnasked(sub)
      case 'give_up':
        return stripe.giveUp(sub, fact.to)
      case 'write_off':
        return stripe.writeOff(sub, fact.to)
      case 'name':
        return stripe.setMetadata(sub, { customer_id: people[fact.owner].customerId })
      case 'upgrade_unpaid':
        return stripe.upgradeUnpaid(sub, priceId(fact.price))
      case 'pause':
        return stripe.pauseCollection(sub, fact.behavior)
      case 'resume':
        return stripe.pauseCollection(sub, null)
      case 'cancel_at':
        return stripe.cancelAt(
          sub,
          fact.days === null ? null : stripe.clock.now() + fact.days * DAY_S,
        )
      case 'cancel_at_period_end':
        return stripe.cancelAtPeriodEnd(sub, fact.on)
      case 'cancel':
        return stripe.cancel(sub)
      case 'put_plan': {
        const { status, body } = await put(fact.plan, fact.prices)
        const expected = isTaken(model, fact.plan, fact.prices) ? 409 : 200
        assert.equal(status, expected, JSON.stringify(body))
        for (const id of subs) waiting.push({ job: () => follow(service.app, id) })
        return
      }
      case 'base_plan': {
        const plan = fact.plan === null ? null : planId(fact.plan)
        assert.equal((await service.asAdmin('PATCH', customerPath, { plan })).status, 200)
        return
      }
      case 'suspend': {
        const status = fact.on ? 'suspended' : 'active'
        assert.equal((await service.asAdmin('PATCH', customerPath, { status })).status, 200)
        if (!fact.on) waiting.push({ job: () => followCustomer(service.app, customer.customerId) })
        return
      }
      case 'pay': {
        const order = { user_id: userId, amount: fact.amount, ...URLS }
        const { status, body } = await service.asInternal('POST', '/top_up/checkout', order)
        assert.equal(status, 201)
        stripe.payCheckout(body.checkout_session_id)
        const session = stripe.find(body.checkout_session_id) as { payment_intent: string }
        const intent = stripe.find(session.payment_intent) as { latest_charge: string }
        charges.push(intent.latest_charge)
        return
      }
      case 'spend': {
        const order = { user_id: userId, amount: fact.amount }
        return (await service.asInternal('POST', '/deduct', order)).status === 200
      }
      case 'refund': {
        const amount = partOf(fact.part, leftOf(model, fact.payment))
        refunds.push(stripe.refund(charges[fact.payment]!, amount))
        return
      }
      case 'return_refund':
        return stripe.returnRefund(refunds[fact.refund]!, fact.status)
      case 'dispute': {
        const amount = partOf(fact.part, model.payments[fact.payment]!.paid)
        const { isInquiry } = fact
        disputes.push(stripe.dispute(charges[fact.payment]!, { amount, isInquiry }))
        return
      }
      case 'escalate':
        return stripe.escalateDispute(disputes[fact.dispute]!)
      case 'close':
        return stripe.closeDispute(disputes[fact.dispute]!, fact.status, {
          returned: returnedOf(model, fact),
        })
      case 'overturn':
        return stripe.overturnDispute(disputes[fact.dispute]!)
    }
  }

  /** Takes one of what waits up; what fails for now waits on. */
  async function deliver({ which, answer, isCopied, isBare }: Delivery): Promise<void> {
    if (waiting.length === 0) return
    const [one] = waiting.splice(which % waiting.length, 1)
    const { before } = one!
    if (isBare && one!.event !== undefined) one!.event = asBare(one!.event)
    if (answer === 'away') stripe.faults.fail({ status: 503, path: '/v1/subscriptions', times: 1 })
    if (before !== undefined && before.until >= stripe.clock.now()) {
      const { subscription, invoice } = before.shown
      const old = {
        stale: [subscription],
        stale_invoice: [invoice],
        stale_both: [subscription, invoice],
        right: [],
        away: [],
      }[answer]
      for (const object of old) if (object !== undefined) stripe.faults.stale(idOf(object), object)
    }
    if (isCopied && one!.event !== undefined) await take({ event: asCopy(one!.event) })
    if (!(await take(one!))) waiting.push(one!)
    stripe.faults.clear()
  }

  /** @returns false if it is to be tried again */
  async function take({ event, job }: Waiting): Promise<boolean> {
    try {
      if (job !== undefined) await job()
      if (event !== undefined) {
        const report = await stripe.deliver({ to: stage.to, events: [event] })
        assert.deepEqual(report.undelivered, [])
        await applyEvent(service.app, event.id, { attempt: 1, isLast: false })
        told.push(event)
      }
      return true
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      last = error
      return false
    }
  }
  let last: unknown

  /** All that is left, in an order of the seed's. */
  async function tellAll(seed: number, roundsMax = 12): Promise<void> {
    let order = seed
    for (let round = 0; waiting.length > 0; round++) {
      if (round === roundsMax) throw new Error('The story does not settle', { cause: last })
      // Stripe shows everywhere by now what is there.
      pass(STALE_S + 4)
      if (round > 1) await sleep(250)
      const due = waiting
      waiting = []
      while (due.length > 0) {
        order = (Math.imul(order, 48_271) + 11) >>> 0
        const [one] = due.splice(order % due.length, 1)
        if (!(await take(one!))) waiting.push(one!)
      }
    }
  }

  return {
    model,
    customer,
    people,
    userId,
    subs,
    planId,
    priceId,
    pass,
    tell,
    deliver,
    tellAll,
    told,
    /** Told again, as events of their own. */
    repeat: async (events: readonly StripeEvent[]) => {
      for (const event of events) assert.ok(await take({ event: asCopy(event) }))
    },
    /** What waits is never told. */
    lose: () => {
      waiting = []
    },
  }
}

export type OpenStory = Awaited<ReturnType<typeof openStory>>

const idOf = (object: object) => (object as { id: string }).id

/** The whole story, from its first fact to the end, when all is told. */
export async function play(open: OpenStory, { steps, seed }: Story): Promise<void> {
  for (const { fact, after, deliveries } of steps) {
    open.pass(after)
    await open.tell(fact)
    for (const delivery of deliveries) await open.deliver(delivery)
  }
  await open.tellAll(seed)
}
