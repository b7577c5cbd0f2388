import { sql } from 'drizzle-orm'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { sampled } from '../database/sampled.ts'
import type { Sent } from './send.ts'

export type DeliveryMetrics = ReturnType<typeof deliveryMetrics>

/**
 * Counts the attempts of this process. The gauges are read from the database, so they are of all deliveries and
 * endpoints, whichever process delivers.
 */
export function deliveryMetrics(registry: Registry, db: Database) {
  const registers = [registry]
  const attempts = new Counter({
    name: 'strongroom_webhook_attempts_total',
    help: 'Attempts to deliver events to endpoints, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'strongroom_webhook_attempt_duration_seconds',
    help: 'Time from the beginning of an attempt to its answer.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const sample = sampled(async () => {
    const [row] = await db.execute<{
      pending: number
      retrying: number
      parked: number
      active: number
      failing: number
      disabled: number
      lag_s: number
    }>(sql`
      select waiting.*,
        (select count(*) from webhook_deliveries d join webhook_endpoints e on e.seq = d.endpoint
          where d.status = 'parked' and e.status = 'active')::int as parked,
        endpoints.*,
        coalesce(extract(epoch from now() - least(
          (select min(o.timestamp) from event_outbox o),
          (select min(d.created_at) from webhook_deliveries d join webhook_endpoints e on e.seq = d.endpoint
            where d.status = 'pending' and d.tries = 0 and e.failing_since is null),
          (select min(v.numbered_at) from webhook_endpoints e join lateral (
            select numbered_at from events where seq > e.cursor order by seq limit 1
          ) v on true where e.status = 'active' and e.failing_since is null)
        )), 0)::float8 as lag_s
      from (
        select count(*)::int as pending, (count(*) filter (where d.tries > 0))::int as retrying
        from webhook_deliveries d join webhook_endpoints e on e.seq = d.endpoint
        where d.status = 'pending'
      ) waiting, (
        select (count(*) filter (where status = 'active'))::int as active,
          (count(*) filter (where status = 'active' and failing_since is not null))::int as failing,
          (count(*) filter (where status = 'disabled' and disabled_reason <> 'operator'))::int
            as disabled
        from webhook_endpoints
      ) endpoints`)
    return row ?? null
  })
  type Value = keyof NonNullable<Awaited<ReturnType<typeof sample>>>
  const gauge = (name: string, help: string, pick: Value) => {
    const one: Gauge = new Gauge({
      name,
      help,
      aggregator: 'max',
      registers,
      collect: async () => {
        const row = await sample()
        if (row === null) one.remove()
        else one.set(Math.max(0, row[pick]))
      },
    })
  }
  gauge(
    'strongroom_webhook_deliveries_pending',
    'Deliveries that wait or are under way.',
    'pending',
  )
  gauge(
    'strongroom_webhook_deliveries_retrying',
    'Deliveries whose last attempt failed, and that will be tried again.',
    'retrying',
  )
  gauge(
    'strongroom_webhook_deliveries_parked',
    'Deliveries to active endpoints that were given up, and wait to be replayed.',
    'parked',
  )
  gauge('strongroom_webhook_endpoints_active', 'Endpoints that events are sent to.', 'active')
  gauge(
    'strongroom_webhook_endpoints_failing',
    'Active endpoints whose last attempt failed.',
    'failing',
  )
  gauge(
    'strongroom_webhook_endpoints_disabled',
    'Endpoints that were disabled because they are gone or have failed for days.',
    'disabled',
  )
  gauge(
    'strongroom_webhook_lag_seconds',
    'How long the oldest event without a first attempt has waited, at endpoints that do not fail.',
    'lag_s',
  )
  return {
    attempted: ({ error, durationMs }: Sent, tries: number) => {
      const outcome = error === null ? 'delivered' : error
      attempts.inc({ outcome: tries > 0 && error === null ? 'delivered_again' : outcome })
      durations.observe(durationMs / 1_000)
    },
  }
}
