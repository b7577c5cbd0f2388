import type { Registry } from 'prom-client'

/** What the processes of a cluster ask each other, by name. */
export const QUESTIONS = {
  /** Worker to primary: the database, which is open and up to date. Answer: {@link Opened}. */
  opened: 'opened',
  /** Worker to primary: counts towards limits, {@link Count}s. Answer: {@link Counted}s in their order. */
  counts: 'counts',
  /** Worker to primary: the metrics of all processes, in the Prometheus text format. */
  scrape: 'scrape',
  /** Worker to primary: it has started; its origin. */
  ready: 'ready',
  /** Worker to primary: why it can't start. */
  fault: 'fault',
  /** Primary to worker: the metrics of its own. Answer: {@link Metrics}. */
  metrics: 'metrics',
} as const

export interface Opened {
  /** Where the database is. */
  url: string | undefined
  /** How many migrations this start has applied; told to one worker, which records it. */
  migrated: number
}

export interface Count {
  limit: string
  caller: string
  windowMs: number
  /** Whether to leave the count as it is. */
  isLook: boolean
}

export interface Counted {
  current: number
  /** Milliseconds until the count starts again. */
  ttl: number
}

export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>
