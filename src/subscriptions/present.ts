import type { SubscribedPlan } from './held.ts'
import { type SubscriptionRow, dateOf, stateOf } from './row.ts'

/** @param plans by rank; empty for a subscription to something else */
export function presentSubscription(row: SubscriptionRow, plans: readonly SubscribedPlan[]) {
  const [plan] = plans
  const [item] = stateOf(row).items
  const periodStart = plan === undefined ? dateOf(item?.start ?? null) : plan.billedStart
  const periodEnd = plan === undefined ? dateOf(item?.end ?? null) : plan.billedEnd
  const endsAt = row.cancelAt ?? (row.cancelAtPeriodEnd ? periodEnd : null)
  return {
    plan: plan?.plan ?? null,
    plans: plans.map((one) => ({ plan: one.plan, quantity: one.quantity })),
    status: row.status,
    quantity: plan?.quantity ?? item?.quantity ?? 1,
    current_period_start: periodStart?.toISOString() ?? null,
    current_period_end: periodEnd?.toISOString() ?? null,
    cancel_at: row.cancelAt?.toISOString() ?? null,
    cancel_at_period_end: row.cancelAtPeriodEnd,
    paused: row.pause !== null,
    ends_at: endsAt?.toISOString() ?? null,
    stripe_subscription_id: row.id,
  }
}
