import { count, notInArray, sql } from 'drizzle-orm'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { sampled } from '../database/sampled.ts'
import { countDuplicates } from './findings.ts'
import { ENDED, STATUSES } from './state.ts'
import { subscriptions } from './tables.ts'

/** Operators name plans, so the label allows only this many. */
const PLANS_MAX = 20

/** Gauges that are read from the database, so every process reports the same. */
export function subscriptionGauges(registry: Registry, db: Database): void {
  const duplicates = sampled(() => countDuplicates(db))
  const twice: Gauge = new Gauge({
    name: 'strongroom_subscriptions_duplicate',
    help: 'Customers who have more than one subscription to the same plan.',
    aggregator: 'max',
    registers: [registry],
    collect: async () => {
      const found = await duplicates()
      if (found === null) twice.remove()
      else twice.set(found)
    },
  })

  const open = STATUSES.filter((status) => !ENDED.includes(status))
  const byStatus = sampled(() => countByStatus(db))
  const gauge: Gauge<'status'> = new Gauge({
    name: 'strongroom_subscriptions',
    help: 'Subscriptions that have not ended.',
    labelNames: ['status'],
    aggregator: 'max',
    registers: [registry],
    collect: async () => {
      const counts = await byStatus()
      gauge.reset()
      if (counts === null) return
      for (const status of open) gauge.set({ status }, counts.get(status) ?? 0)
    },
  })

  const byPlan = sampled(() => countByPlan(db))
  const sold: Gauge<'plan'> = new Gauge({
    name: 'strongroom_subscriptions_by_plan',
    help: `Subscriptions that give access to a plan, of the ${PLANS_MAX} plans with the most; the others together.`,
    labelNames: ['plan'],
    aggregator: 'max',
    registers: [registry],
    collect: async () => {
      const counts = await byPlan()
      sold.reset()
      for (const { plan, subscriptions: n } of counts ?? []) sold.inc({ plan }, n)
    },
  })
}

async function countByPlan(db: Database): Promise<{ plan: string; subscriptions: number }[]> {
  const rows = await db.execute<{ plan: string; subscriptions: number }>(sql`
    select plan_id as plan, count(distinct subscription_id)::int as subscriptions
    from subscription_plans where gives_access group by 1 order by 2 desc, 1`)
  return rows.map((row, place) => (place < PLANS_MAX ? row : { ...row, plan: 'other' }))
}

async function countByStatus(db: Database): Promise<Map<string, number>> {
  const { status } = subscriptions
  const rows = await db
    .select({ status, count: count() })
    .from(subscriptions)
    .where(notInArray(status, [...ENDED]))
    .groupBy(status)
  return new Map(rows.map((row) => [row.status, row.count]))
}
