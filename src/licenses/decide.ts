import { canonicalJson } from '../encoding/canonical-json.ts'
import type { PlanRow } from '../plans/service.ts'
import { WITH_ACCESS } from '../subscriptions/state.ts'
import type { subscriptions } from '../subscriptions/tables.ts'
import type { LicenseRow, Terms } from './issue.ts'

const DAY_MS = 86_400_000
const GRACE_DAYS = 3

/** Of a licence that no paid period bounds and whose plan does not say. */
export const LICENSE_DAYS = 30

export type Subscription = typeof subscriptions.$inferSelect

/**
 * - `keep`: what is there is right, or nothing better can be known.
 * - `end`: the subscription gives no access any more.
 * - `issue`: a licence with these terms, in the place of the last one if there is one.
 */
export type Decision =
  | { act: 'keep' }
  | { act: 'end' }
  | { act: 'issue'; terms: Terms; expiresAt: Date; isChange: boolean }

const KEEP = { act: 'keep' } as const

/**
 * What a subscription's licence should be. Asked again about the same state it answers `keep`.
 * @param plan the plan of the subscription's price; null when no plan has it
 * @param last the newest licence that was issued for this subscription, whatever became of it
 * @param verifies whether signatures of a key still verify
 */
export function decide(
  subscription: Subscription,
  plan: PlanRow | null,
  last: LicenseRow | null,
  verifies: (keyId: string) => boolean,
  now: Date,
): Decision {
  if (!WITH_ACCESS.includes(subscription.status)) return { act: 'end' }
  // A price that no plan has is more likely a plan being edited than an end of access.
  if (plan === null) return KEEP
  const terms = { plan: plan.id, features: plan.features, limits: plan.limits }
  const isChange = last !== null && !isSameTerms(last, terms)
  const running = last?.status === 'active' && last.expiresAt > now ? last : null
  const expiresAt = wholeSecond(expiryOf(subscription, plan, running, now))
  if (expiresAt <= now) return KEEP
  if (!isChange && last !== null) {
    if (isRevokedForPeriod(last, subscription, plan)) return KEEP
    const isRight = running !== null && running.expiresAt.getTime() === expiresAt.getTime()
    if (isRight && verifies(running.keyId)) return KEEP
  }
  return { act: 'issue', terms, expiresAt, isChange }
}

/**
 * The paid period's end and the grace. Without the grace where the subscription ends with its period:
 * the grace is for a renewal that is late, and none is awaited.
 */
function expiryOf(
  subscription: Subscription,
  plan: PlanRow,
  running: LicenseRow | null,
  now: Date,
): Date {
  const { status, currentPeriodEnd, cancelAtPeriodEnd } = subscription
  if (status === 'past_due') return unpaidExpiryOf(subscription, plan, running, now)
  if (currentPeriodEnd === null) {
    return running?.expiresAt ?? afterDays(now, plan.licenseDays ?? LICENSE_DAYS)
  }
  return cancelAtPeriodEnd ? currentPeriodEnd : afterGrace(currentPeriodEnd, plan)
}

/**
 * A period that is not paid does not count: what was paid for ended where it began. But a payment
 * that fails long after that, when the grace is over, is for something else, such as an upgrade, and
 * the running licence stays.
 */
function unpaidExpiryOf(
  subscription: Subscription,
  plan: PlanRow,
  running: LicenseRow | null,
  now: Date,
): Date {
  const lapse = afterGrace(subscription.currentPeriodStart ?? now, plan)
  if (running === null) return lapse
  return lapse > now && lapse < running.expiresAt ? lapse : running.expiresAt
}

/** What an operator has revoked stays so until a new period is paid, or other terms. */
function isRevokedForPeriod(
  last: LicenseRow,
  { currentPeriodStart }: Subscription,
  plan: PlanRow,
): boolean {
  if (last.status !== 'revoked') return false
  return currentPeriodStart === null || last.expiresAt > afterGrace(currentPeriodStart, plan)
}

function isSameTerms(a: Terms, b: Terms): boolean {
  const text = ({ plan, features, limits }: Terms) => canonicalJson({ plan, features, limits })
  return text(a) === text(b)
}

function afterGrace(time: Date, plan: PlanRow): Date {
  return afterDays(time, plan.licenseGraceDays ?? GRACE_DAYS)
}

export function afterDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS)
}

/** As a licence's times are written. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1_000) * 1_000)
}
