interface Plan {
  plan_id: string
  rank: number
  limits: Record<string, unknown>
}

interface Subscription {
  status: string
  ends_at: string | null
  plans: readonly { plan: string }[]
}

const WITH_ACCESS: ReadonlySet<string> = new Set(['trialing', 'active', 'past_due'])

/**
 * The limit of each metric: the largest of the plans that count. Plans of subscriptions do. The customer's
 * base plan, or the default one, counts only while no subscription gives access to a plan of its rank or a
 * higher one.
 * @param plans those that the customer holds
 * @param now milliseconds since the epoch
 */
export function limitsOf(
  plans: readonly Plan[],
  subscriptions: readonly Subscription[],
  now: number,
): Map<string, number> {
  const subscribed = new Set(
    subscriptions
      .filter(({ status, ends_at: end }) => {
        return WITH_ACCESS.has(status) && (end === null || Date.parse(end) > now)
      })
      .flatMap((one) => one.plans.map(({ plan }) => plan)),
  )
  const ranks = plans.filter((plan) => subscribed.has(plan.plan_id)).map(({ rank }) => rank)
  const highest = Math.max(-Infinity, ...ranks)
  const limits = new Map<string, number>()
  for (const plan of plans) {
    if (!subscribed.has(plan.plan_id) && plan.rank <= highest) continue
    for (const [metric, limit] of Object.entries(plan.limits)) {
      limits.set(metric, Math.max(limits.get(metric) ?? 0, Number(limit)))
    }
  }
  return limits
}
