import { sql } from 'drizzle-orm'
import { Gauge, type Registry } from 'prom-client'
import { sampled } from './sampled.ts'
import type { Database } from './handles.ts'

interface Sample {
  probeS: number
  connections: { pool: string; state: string; count: number }[]
}

/**
 * Gauges: whether the database answers, how long a query takes with its wait for a connection, and
 * the connections by kind.
 */
export function databaseMetrics(registry: Registry, db: Database): void {
  const registers = [registry]
  const sample = sampled<Sample>(async () => {
    const askedAt = performance.now()
    const rows = await db.execute<{ pool: string; state: string; count: number }>(sql`
      select substr(application_name, 12) as pool, coalesce(state, 'unknown') as state,
        count(*)::int as count
      from pg_stat_activity
      where datname = current_database() and application_name like 'strongroom %'
      group by 1, 2`)
    return { probeS: (performance.now() - askedAt) / 1_000, connections: [...rows] }
  })
  const up: Gauge = new Gauge({
    name: 'strongroom_database_up',
    help: '1 while the database answers within 2 seconds.',
    aggregator: 'min',
    registers,
    collect: async () => up.set((await sample()) === null ? 0 : 1),
  })
  const probe: Gauge = new Gauge({
    name: 'strongroom_database_probe_seconds',
    help: 'Time of one query of the API, the wait for a free connection of its pool included.',
    aggregator: 'max',
    registers,
    collect: async () => {
      const answer = await sample()
      if (answer === null) probe.remove()
      else probe.set(answer.probeS)
    },
  })
  const connections: Gauge<'pool' | 'state'> = new Gauge({
    name: 'strongroom_database_connections',
    help: 'Connections of every process of the service, by pool and state.',
    labelNames: ['pool', 'state'],
    aggregator: 'max',
    registers,
    collect: async () => {
      const answer = await sample()
      connections.reset()
      for (const { count, ...labels } of answer?.connections ?? []) connections.set(labels, count)
    },
  })
}
