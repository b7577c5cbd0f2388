import type { SubscriptionState } from './state.ts'
import type { subscriptions } from './tables.ts'

export type SubscriptionRow = typeof subscriptions.$inferSelect

/** A row of the previous version has one item, in separate columns. */
export function stateOf(row: SubscriptionRow): SubscriptionState {
  const only = {
    price: row.stripePriceId ?? '',
    quantity: row.quantity,
    start: secondsOf(row.currentPeriodStart),
    end: secondsOf(row.currentPeriodEnd),
  }
  return {
    status: row.status,
    items: row.items ?? (row.stripePriceId === null ? [] : [only]),
    latestInvoice: row.latestInvoice,
    pause: row.pause,
    cancelAt: secondsOf(row.cancelAt),
    cancelAtPeriodEnd: row.cancelAtPeriodEnd,
    endedAt: secondsOf(row.endedAt),
    ...(row.named !== null && { named: row.named === '' ? null : row.named }),
  }
}

export function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1_000)
}

export function secondsOf(date: Date | null): number | null {
  return date === null ? null : date.getTime() / 1_000
}
