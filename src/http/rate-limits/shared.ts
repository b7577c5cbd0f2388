import type { RateLimitPluginOptions } from '@fastify/rate-limit'

/** If a count takes longer, the process counts by itself: a limit must not cost more than what it limits. */
export const COUNT_MS_MAX = 250
export const PROBE_INTERVAL_MS = 500

/** Where several processes count together. It may be unavailable. */
export interface SharedCounts {
  /** Whether it answered the last count or probe. */
  isUp(): boolean
  /** Stops counts there until it has answered a probe. */
  markDown(): void
  /** How @fastify/rate-limit counts the limit of this name there. */
  settingsOf(name: string): Pick<RateLimitPluginOptions, 'redis' | 'nameSpace' | 'store'>
}
