import type { Actor } from '../audit/record.ts'
import type { Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import type { SubscriptionRow } from './row.ts'

/** Acts on changes of a subscription, in the transaction that writes it; licences do. */
export interface Follower {
  /**
   * @param status the customer's status
   * @returns whether anything had to be changed
   */
  changed(
    tx: Transaction,
    keys: KeyRing,
    actor: Actor,
    subscription: SubscriptionRow,
    status: 'active' | 'suspended',
  ): Promise<boolean>
  /** Called when the subscription no longer gives anything. */
  ended(
    tx: Transaction,
    actor: Actor,
    subscription: SubscriptionRow,
    reason: string,
  ): Promise<unknown>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Plugins add their followers here. */
    subscriptionFollowers: Follower[]
  }
}

/** Combines all followers into one. */
export function everyOne(followers: readonly Follower[]): Follower {
  return {
    changed: async (...news) => {
      const changes: boolean[] = []
      for (const follower of followers) changes.push(await follower.changed(...news))
      return changes.includes(true)
    },
    ended: async (...news) => {
      for (const follower of followers) await follower.ended(...news)
    },
  }
}
