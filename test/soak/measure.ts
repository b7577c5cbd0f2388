import { readFileSync, readdirSync } from 'node:fs'
import type postgres from 'postgres'
import type { Program, Stage } from './stage.ts'

export interface Process {
  rssMb: number
  /** Open files and sockets. */
  handles: number
}

/** What is looked at every few seconds. */
export interface Sample {
  /** Seconds since the start. */
  at: number
  server: Process
  worker: Process
  connections: number
  /** The age of the oldest transaction of the service, in seconds. */
  oldestS: number
  databaseMb: number
  callsPerS: number
  p50Ms: number
  p99Ms: number
}

export interface Table {
  name: string
  tableMb: number
  indexMb: number
  rows: number
  dead: number
  inserted: number
  updated: number
  hotUpdated: number
  deleted: number
  autovacuums: number
}

const MB = 1_048_576

export function processOf({ pid }: Program): Process {
  try {
    const status = readFileSync(`/proc/${pid()}/status`, 'utf8')
    const kb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    return { rssMb: kb / 1_024, handles: readdirSync(`/proc/${pid()}/fd`).length }
  } catch {
    // It was just killed.
    return { rssMb: 0, handles: 0 }
  }
}

export async function sampleOf(
  { server, worker }: Stage,
  sql: postgres.Sql,
  at: number,
  latencies: readonly number[],
  seconds: number,
): Promise<Sample> {
  const [row] = await sql<{ connections: number; oldest: number; bytes: number }[]>`
    select count(*)::int as connections,
      coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 as oldest,
      pg_database_size(current_database())::float8 as bytes
    from pg_stat_activity where application_name like 'strongroom%'`
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    at,
    server: processOf(server),
    worker: processOf(worker),
    connections: row?.connections ?? 0,
    oldestS: row?.oldest ?? 0,
    databaseMb: (row?.bytes ?? 0) / MB,
    callsPerS: latencies.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }
}

/** Every table, the largest first. Partitions and the tables of the queue are tables too. */
export async function tablesOf(sql: postgres.Sql): Promise<Table[]> {
  return sql<Table[]>`
    select case when schemaname = 'public' then '' else schemaname || '.' end || relname as name,
      pg_table_size(relid)::float8 / ${MB} as "tableMb",
      pg_indexes_size(relid)::float8 / ${MB} as "indexMb",
      n_live_tup::float8 as rows, n_dead_tup::float8 as dead,
      n_tup_ins::float8 as inserted, n_tup_upd::float8 as updated,
      n_tup_hot_upd::float8 as "hotUpdated", n_tup_del::float8 as deleted,
      autovacuum_count::int as autovacuums
    from pg_stat_user_tables order by pg_total_relation_size(relid) desc, 1`
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
