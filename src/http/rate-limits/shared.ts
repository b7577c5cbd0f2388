import type { RateLimitPluginOptions } from '@fastify/rate-limit'

/**
 * If a count takes longer, the process counts by itself: a limit must not slow down what it limits.
 */
export const COUNT_MS_MAX = 250
export const PROBE_INTERVAL_MS = 500

/** A place where several processes count together. It may be unavailable. */
export interface SharedCounts {
  /** Whether the place answered the last count or probe. */
  isUp(): boolean
  /** Stops counting there until it has answered a probe. */
  markDown(): void
  /** The settings with which @fastify/rate-limit counts the limit of this name there. */
  settingsOf(name: string): Pick<RateLimitPluginOptions, 'redis' | 'nameSpace' | 'store'>
}
