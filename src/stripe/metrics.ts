import { sql } from 'drizzle-orm'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { sampled } from '../database/sampled.ts'
import { EVENT_STATUSES } from './tables.ts'

/** Gauges of the events in the inbox, whichever process applies them. */
export function eventGauges(registry: Registry, db: Database): void {
  const registers = [registry]
  const sample = sampled(async () => {
    const [row] = await db.execute<{ parked: number; pending: number; age_s: number }>(sql`
      select (count(*) filter (where status = 'parked'))::int as parked,
        (count(*) filter (where status = 'pending'))::int as pending,
        coalesce(extract(epoch from now() - min(received_at) filter (where status = 'pending')), 0)::float8
          as age_s
      from stripe_events where status in ('pending', 'parked')`)
    return row ?? null
  })
  const gauge = (name: string, help: string, pick: 'parked' | 'pending' | 'age_s') => {
    const one: Gauge = new Gauge({
      name,
      help,
      aggregator: 'max',
      registers,
      collect: async () => {
        const row = await sample()
        if (row === null) one.remove()
        else one.set(row[pick])
      },
    })
  }
  const parkedHelp = 'Stripe events that failed again and again, and wait to be replayed.'
  gauge('strongroom_stripe_events_parked', parkedHelp, 'parked')
  gauge('strongroom_stripe_events_pending', 'Stripe events that wait to be applied.', 'pending')
  const ageHelp = 'How long the oldest Stripe event waits that is not applied yet; 0 if none does.'
  gauge('strongroom_stripe_event_age_seconds', ageHelp, 'age_s')

  const countRecent = sampled(() =>
    db.execute<{ status: string; count: number }>(sql`
      select status, count(*)::int as count from stripe_events
      where received_at > now() - interval '5 minutes' group by 1`),
  )
  const recent: Gauge<'status'> = new Gauge({
    name: 'strongroom_stripe_events_recent',
    help: 'Stripe events that arrived in the last five minutes, by what became of them.',
    labelNames: ['status'],
    aggregator: 'max',
    registers,
    collect: async () => {
      const rows = await countRecent()
      recent.reset()
      if (rows === null) return
      for (const status of EVENT_STATUSES) {
        recent.set({ status }, rows.find((row) => row.status === status)?.count ?? 0)
      }
    },
  })
}
