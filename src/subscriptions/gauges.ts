import { count, notInArray } from 'drizzle-orm'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { sampled } from '../database/sampled.ts'
import { countDuplicates } from './findings.ts'
import { ENDED, STATUSES } from './state.ts'
import { subscriptions } from './tables.ts'

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
