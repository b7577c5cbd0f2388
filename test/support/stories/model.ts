import {
  type Fact,
  type Person,
  PLANS,
  type Pick,
  type PlanName,
  type PriceName,
  type SubFact,
} from './facts.ts'

export const DAY_S = 86_400
export const PERIOD_S = 30 * DAY_S
const ITEMS_SHOWN = 10

interface Item extends Pick {
  start: number
  end: number
}

export interface Sub {
  createdAt: number
  /** Null while nobody has said whose it is. */
  owner: Person | null
  status: 'active' | 'past_due' | 'unpaid' | 'canceled'
  items: Item[]
  /** What was last in good standing: this is what the subscription is worth. */
  paid: Item[]
  pause: 'void' | 'keep_as_draft' | 'mark_uncollectible' | null
  /** The present period has an invoice that is void, or a draft that stays one. */
  isUnasked: boolean
  /** Its invoice came up in a pause that writes all of them off. */
  isFree: boolean
  cancelAt: number | null
  isEnding: boolean
}

interface Payment {
  paid: number
}

interface Refund {
  payment: number
  amount: number
  isReturned: boolean
}

export interface Dispute {
  payment: number
  amount: number
  status: 'inquiry' | 'open' | 'won' | 'lost'
}

/** What should come of a story: it knows the facts, in their order, and nothing of how they are told. */
export interface Model {
  now: number
  subs: Sub[]
  payments: Payment[]
  refunds: Refund[]
  disputes: Dispute[]
  basePlan: PlanName | null
  isSuspended: boolean
  spent: number
  /** The plan that each price means, and whether the plan still names it. */
  meaning: Map<PriceName, { plan: PlanName; isFormer: boolean }>
}

export function newModel(now: number): Model {
  const meaning: Model['meaning'] = new Map()
  for (const [plan, { prices }] of Object.entries(PLANS)) {
    for (const price of prices) meaning.set(price, { plan: plan as PlanName, isFormer: false })
  }
  return {
    now,
    subs: [],
    payments: [],
    refunds: [],
    disputes: [],
    basePlan: null,
    isSuspended: false,
    spent: 0,
    meaning,
  }
}

const isUnpaidPause = ({ pause }: Sub) => pause === 'void' || pause === 'keep_as_draft'

const isGood = (sub: Sub) => sub.status === 'active' && !isUnpaidPause(sub) && !sub.isUnasked

/** All that it has is paid for, and nothing withheld. */
const isSettled = (sub: Sub) => isGood(sub) && sub.pause === null && sub.paid === sub.items

/** @returns the subscriptions that end by themselves */
export function advance(model: Model, seconds: number): number[] {
  model.now += seconds
  const due = model.subs.flatMap((sub, index) =>
    sub.status !== 'canceled' && sub.cancelAt !== null && sub.cancelAt <= model.now ? [index] : [],
  )
  for (const index of due) model.subs[index]!.status = 'canceled'
  return due
}

/** How long until the next period begins, for facts that are its beginning. */
export function untilRenewal(model: Model, fact: Fact): number {
  if (fact.kind !== 'renew' && fact.kind !== 'fail' && fact.kind !== 'renew_unasked') return 0
  const sub = model.subs[fact.sub]
  return Math.max(0, (sub?.items[0]?.end ?? 0) - model.now)
}

/** Where there is nothing that the fact could be about, there is then. */
const BEGINNINGS: Record<string, Fact | null> = {
  sub: { kind: 'subscribe', items: [{ price: 'starter', quantity: 1 }], isNamed: true },
  payment: { kind: 'pay', amount: 1_000 },
  refund: null,
  dispute: null,
}

/** The fact about something that there is, or else what it could be about; null for neither. */
export function aimed(model: Model, fact: Fact): Fact | null {
  const counts = {
    sub: model.subs.length,
    payment: model.payments.length,
    refund: model.refunds.length,
    dispute: model.disputes.length,
  }
  const aim: Record<string, number> = {}
  for (const [name, count] of Object.entries(counts)) {
    const given = (fact as Record<string, unknown>)[name]
    if (typeof given !== 'number') continue
    if (count === 0) return BEGINNINGS[name] ?? null
    aim[name] = given % count
  }
  return { ...fact, ...aim }
}

/** What comes back of a dispute that is lost: never all of it. */
export function returnedOf(model: Model, fact: Extract<Fact, { kind: 'close' }>): number {
  return fact.status === 'won' ? 0 : fact.returned % model.disputes[fact.dispute]!.amount
}

/** Whether it can happen now. */
export function canHappen(model: Model, fact: Fact): boolean {
  if ('sub' in fact) return canHappenTo(model.subs[fact.sub]!, fact, model.now)
  switch (fact.kind) {
    case 'subscribe':
    case 'pay':
    case 'spend':
    case 'put_plan':
    case 'base_plan':
    case 'suspend':
      return true
    case 'refund':
      return leftOf(model, fact.payment) > 0
    case 'return_refund':
      return !model.refunds[fact.refund]!.isReturned
    case 'dispute':
      return true
    case 'escalate':
      return model.disputes[fact.dispute]!.status === 'inquiry'
    case 'close':
      return model.disputes[fact.dispute]!.status === 'open'
    case 'overturn':
      return model.disputes[fact.dispute]!.status === 'lost'
  }
}

function canHappenTo(sub: Sub, fact: SubFact, now: number): boolean {
  const { kind } = fact
  const { status, owner } = sub
  if (status === 'canceled') return false
  const isFree = !isUnpaidPause(sub)
  // Events have the first ten items alone, so what was paid before is known in the order of things only.
  const isWhole = sub.items.length <= ITEMS_SHOWN
  switch (kind) {
    case 'items':
      if (fact.items.length > ITEMS_SHOWN && !isSettled(sub)) return false
      return isFree && status !== 'unpaid'
    case 'renew':
    case 'fail':
      if (kind === 'fail' && !isWhole) return false
      return status === 'active' && isFree && !sub.isEnding
    case 'renew_unasked':
      return status === 'active' && sub.pause !== null && !sub.isEnding
    case 'upgrade_unpaid':
      return status !== 'unpaid' && isFree && isWhole
    case 'retry':
    case 'give_up':
      return status === 'past_due'
    // What was paid before is unknown of one that nobody has named.
    case 'name':
      return owner !== null || isSettled(sub)
    case 'write_off':
    case 'recover':
      return status === 'past_due' || status === 'unpaid'
    case 'pause':
      return status !== 'unpaid' && sub.pause === null && isWhole
    case 'resume':
      return sub.pause !== null
    case 'cancel_at':
      return !sub.isEnding
    case 'cancel_at_period_end':
      return (sub.items[0]?.end ?? 0) > now
    case 'cancel':
      return true
  }
}

/** What is left of a payment to be refunded. */
export function leftOf(model: Model, payment: number): number {
  const gone = model.refunds
    .filter((refund) => refund.payment === payment && !refund.isReturned)
    .reduce((sum, { amount }) => sum + amount, 0)
  return model.payments[payment]!.paid - gone
}

/** The fact has happened. */
export function happen(model: Model, fact: Fact): void {
  if ('sub' in fact) {
    const sub = model.subs[fact.sub]!
    happenTo(sub, fact, model.now)
    if (isGood(sub)) sub.paid = sub.items
    return
  }
  switch (fact.kind) {
    case 'subscribe': {
      const items = periodOf(fact.items, model.now)
      model.subs.push({
        createdAt: model.now,
        owner: fact.isNamed ? 'ada' : null,
        status: 'active',
        items,
        paid: items,
        pause: null,
        isUnasked: false,
        isFree: false,
        cancelAt: null,
        isEnding: false,
      })
      return
    }
    case 'put_plan':
      putPlan(model, fact.plan, fact.prices)
      return
    case 'base_plan':
      model.basePlan = fact.plan
      return
    case 'suspend':
      model.isSuspended = fact.on
      return
    case 'pay':
      model.payments.push({ paid: fact.amount })
      return
    case 'spend':
      model.spent += fact.amount
      return
    case 'refund':
      model.refunds.push({
        payment: fact.payment,
        amount: partOf(fact.part, leftOf(model, fact.payment)),
        isReturned: false,
      })
      return
    case 'return_refund':
      model.refunds[fact.refund]!.isReturned = true
      return
    case 'dispute':
      model.disputes.push({
        payment: fact.payment,
        amount: partOf(fact.part, model.payments[fact.payment]!.paid),
        status: fact.isInquiry ? 'inquiry' : 'open',
      })
      return
    case 'escalate':
      model.disputes[fact.dispute]!.status = 'open'
      return
    case 'close': {
      const dispute = model.disputes[fact.dispute]!
      dispute.amount -= returnedOf(model, fact)
      dispute.status = fact.status
      return
    }
    case 'overturn':
      model.disputes[fact.dispute]!.status = 'won'
  }
}

function happenTo(sub: Sub, fact: SubFact, now: number): void {
  switch (fact.kind) {
    case 'items':
      sub.items = fact.items.map((item) => ({ ...sub.items[0]!, ...item }))
      return
    case 'renew':
    case 'fail':
    case 'renew_unasked':
      sub.items = sub.items.map((item) => ({
        ...item,
        start: item.end,
        end: item.end + PERIOD_S,
      }))
      sub.isUnasked = fact.kind === 'renew_unasked' && isUnpaidPause(sub)
      sub.isFree = sub.pause === 'mark_uncollectible'
      if (fact.kind === 'fail') sub.status = 'past_due'
      return
    case 'upgrade_unpaid':
      sub.items = sub.items.map((item, at) => (at === 0 ? { ...item, price: fact.price } : item))
      sub.status = 'past_due'
      sub.isUnasked = false
      sub.isFree = sub.pause === 'mark_uncollectible'
      return
    case 'recover':
      sub.status = 'active'
      // What was invoiced before a pause is still collected.
      sub.paid = sub.items
      return
    case 'give_up':
      sub.status = fact.to
      return
    case 'write_off':
      sub.status = 'active'
      sub.isUnasked = fact.to === 'void' || !sub.isFree
      return
    case 'name':
      sub.owner = fact.owner
      return
    case 'pause':
      sub.pause = fact.behavior
      return
    case 'resume':
      sub.pause = null
      return
    case 'cancel_at':
      sub.cancelAt = fact.days === null ? null : now + fact.days * DAY_S
      return
    case 'cancel_at_period_end':
      sub.isEnding = fact.on
      sub.cancelAt = fact.on ? sub.items[0]!.end : null
      return
    case 'cancel':
      sub.status = 'canceled'
      return
    case 'retry':
  }
}

function periodOf(items: readonly Pick[], start: number): Item[] {
  return items.map((item) => ({ ...item, start, end: start + PERIOD_S }))
}

/** From 1 to the whole. */
export function partOf(part: number, whole: number): number {
  return 1 + (part % whole)
}

/** Whether another plan names one of these prices. */
export function isTaken(model: Model, plan: PlanName, prices: readonly PriceName[]): boolean {
  return prices.some((price) => {
    const known = model.meaning.get(price)
    return known !== undefined && !known.isFormer && known.plan !== plan
  })
}

function putPlan(model: Model, plan: PlanName, prices: readonly PriceName[]): void {
  if (isTaken(model, plan, prices)) return
  for (const known of model.meaning.values()) if (known.plan === plan) known.isFormer = true
  for (const price of prices) model.meaning.set(price, { plan, isFormer: false })
}
