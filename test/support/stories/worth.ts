import { PLANS, type PlanName } from './facts.ts'
import { DAY_S, type Dispute, type Model, type Sub, leftOf } from './model.ts'

const GRACE_S = 3 * DAY_S

interface Held {
  plan: PlanName
  quantity: number
  end: number
}

/** The plans that a subscription is to, by what was last in good standing. */
export function plansOf(model: Model, sub: Sub): Held[] {
  const held = new Map<PlanName, Held>()
  for (const { price, quantity, end } of sub.paid) {
    const plan = model.meaning.get(price)?.plan
    if (plan === undefined) continue
    const known = held.get(plan) ?? { plan, quantity: 0, end }
    held.set(plan, { plan, quantity: known.quantity + quantity, end: Math.max(known.end, end) })
  }
  return [...held.values()].toSorted(
    (a, b) => PLANS[b.plan].rank - PLANS[a.plan].rank || (a.plan < b.plan ? -1 : 1),
  )
}

export function givesAccess(sub: Sub, at: number): boolean {
  const isOpen = sub.status === 'active' || sub.status === 'past_due'
  return isOpen && (sub.cancelAt === null || sub.cancelAt > at)
}

/** Until when a subscription licenses a plan: what is paid for and the grace, and no longer than it lasts. */
export function licensedUntil(sub: Sub, { end }: Held): number {
  return Math.min(end + GRACE_S, sub.cancelAt ?? Infinity)
}

/** @param at by the service's clock, in seconds */
export function heldPlans(model: Model, at: number): PlanName[] {
  const since = new Map<PlanName, number>()
  for (const sub of model.subs.filter((one) => givesAccess(one, at))) {
    for (const { plan } of plansOf(model, sub)) {
      since.set(plan, Math.max(since.get(plan) ?? 0, sub.createdAt))
    }
  }
  const base = model.basePlan ?? 'default'
  const plans = [...new Set([...since.keys(), base])]
  return plans.toSorted(
    (a, b) =>
      PLANS[b].rank - PLANS[a].rank ||
      (since.get(b) ?? 0) - (since.get(a) ?? 0) ||
      (a < b ? -1 : 1),
  )
}

/** The largest limit of each metric among the plans that count. */
export function limitsOf(model: Model, at: number): Record<string, number> {
  const subscribed = model.subs
    .filter((sub) => givesAccess(sub, at))
    .flatMap((sub) => plansOf(model, sub).map(({ plan }) => plan))
  const base = model.basePlan ?? 'default'
  const isBaseAlone = subscribed.every((plan) => PLANS[plan].rank < PLANS[base].rank)
  const limits: Record<string, number> = {}
  for (const plan of [...subscribed, ...(isBaseAlone ? [base] : [])]) {
    for (const [metric, limit] of Object.entries(PLANS[plan].limits)) {
      limits[metric] = Math.max(limits[metric] ?? 0, limit)
    }
  }
  return limits
}

/** What is left of what was paid, and what of it is kept for disputes. */
export function fundsOf(model: Model): { balance: number; held: number } {
  const funds = { balance: 0 - model.spent, held: 0 }
  for (const [payment, { paid }] of model.payments.entries()) {
    const disputed = (status: Dispute['status']) =>
      model.disputes
        .filter((one) => one.payment === payment && one.status === status)
        .reduce((sum, { amount }) => sum + amount, 0)
    const gone = Math.min(paid, paid - leftOf(model, payment) + disputed('lost'))
    funds.balance += paid - gone
    funds.held += Math.min(paid - gone, disputed('open'))
  }
  return funds
}
