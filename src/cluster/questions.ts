import type { Registry } from 'prom-client'

/** The questions that the processes of a cluster ask each other, by name. */
export const QUESTIONS = {
  /**
   * Worker to primary: where the database is, once it is open and migrated. Answer: {@link Opened}.
   */
  opened: 'opened',
  /**
   * Worker to primary: {@link Count}s towards limits. Answer: {@link Counted}s in the same order.
   */
  counts: 'counts',
  /**
   * Worker to primary: addresses that have just failed to authenticate. Answer: whether each is
   * alarming, in the same order.
   */
  failures: 'failures',
  /** Worker to primary: how many addresses are alarming. */
  alarming: 'alarming',
  /** Worker to primary: the metrics of all processes, in the Prometheus text format. */
  scrape: 'scrape',
  /** Worker to primary: it has started, and listens at this origin. */
  ready: 'ready',
  /** Worker to primary: why it can't start. */
  fault: 'fault',
  /** Primary to worker: the worker's own metrics. Answer: {@link Metrics}. */
  metrics: 'metrics',
} as const

export interface Opened {
  /** Where the database is. */
  url: string | undefined
  /**
   * How many migrations this start has applied. Only one worker gets the number, and records it.
   */
  migrated: number
}

export interface Count {
  limit: string
  caller: string
  windowMs: number
  /** Whether to read the count without increasing it. */
  isLook: boolean
}

export interface Counted {
  current: number
  /** Milliseconds until the count starts again. */
  ttl: number
}

export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>
