import { canonicalJson } from '../encoding/canonical-json.ts'
import type { PlanRow } from '../plans/service.ts'
import type { SubscribedPlan } from '../subscriptions/held.ts'
import type { Standing } from '../subscriptions/standing.ts'
import type { LicenseRow, Terms } from './issue.ts'

const DAY_MS = 86_400_000
const GRACE_DAYS = 3

/** The validity of a licence without a paid period, if its plan does not set one. */
export const LICENSE_DAYS = 30

/** A plan that a subscription gives access to. */
export interface Held extends Pick<
  SubscribedPlan,
  'quantity' | 'periodStart' | 'periodEnd' | 'endsAt'
> {
  plan: PlanRow
  paid: Standing['paid']
}

/**
 * - `keep`: the existing licence is right, or too little is known to decide better.
 * - `issue`: issue a licence with these terms; it replaces the last one, if there is one.
 *
 * None may last longer than `expiresAt`. The paid period of an active one ends at `paidUntil`.
 */
export type Decision = { expiresAt: Date; paidUntil: Date | null } & (
  { act: 'keep' } | { act: 'issue'; terms: Terms; isChange: boolean }
)

/**
 * Decides what the licence for a plan should be. For the same state again it answers `keep`.
 * @param last the newest licence issued for this plan by this subscription, whatever its status
 * @param verifies whether signatures of a key still verify
 */
export function decide(
  held: Held,
  last: LicenseRow | null,
  verifies: (keyId: string) => boolean,
  now: Date,
): Decision {
  const { plan } = held
  const running = last?.status === 'active' && last.expiresAt > now ? last : null
  // A larger quantity that is not paid for does not count yet.
  const quantity = isOwed(held) ? (running?.quantity ?? held.quantity) : held.quantity
  const expiresAt = wholeSecond(expiryOf(held, running, now))
  const paidUntil = paidUntilOf(held, running, expiresAt)
  const keep = { act: 'keep', expiresAt, paidUntil } as const
  if (expiresAt <= now) return keep
  if (last !== null && isRevokedForPeriod(last, held)) return keep
  if (running !== null && isRight(running, quantity, expiresAt) && verifies(running.keyId)) {
    return keep
  }
  const terms = { plan: plan.id, features: plan.features, limits: plan.limits, quantity }
  const isChange = last !== null && !isSameTerms(last, terms)
  return { act: 'issue', terms, expiresAt, paidUntil, isChange }
}

/** Nothing that is known to be paid for counts. */
function isOwed({ paid }: Held): boolean {
  return paid === 'unknown' || paid === 'nothing'
}

/**
 * Features and limits are left out: those that the plan has got meanwhile are for the next licence,
 * so that customers keep what they have paid for.
 */
function isRight(running: LicenseRow, quantity: number, expiresAt: Date): boolean {
  return quantityOf(running) === quantity && running.expiresAt.getTime() === expiresAt.getTime()
}

/**
 * The end of the paid period, plus the grace for a late renewal; never after the subscription's own
 * end, because no renewal follows it.
 */
function expiryOf(held: Held, running: LicenseRow | null, now: Date): Date {
  const { plan, periodEnd, endsAt } = held
  const expiry = isOwed(held)
    ? unpaidExpiryOf(held, running, now)
    : periodEnd === null
      ? (running?.expiresAt ?? afterDays(now, plan.licenseDays ?? LICENSE_DAYS))
      : afterGrace(periodEnd, plan)
  return endsAt !== null && endsAt < expiry ? endsAt : expiry
}

/**
 * The expiry for a period that is not paid: the paid time ended where this period began, and grace
 * follows. If it is unknown what was paid before, a payment that fails after that grace is for
 * something else, such as an upgrade, and the running licence stays.
 */
function unpaidExpiryOf(held: Held, running: LicenseRow | null, now: Date): Date {
  const { plan, periodStart, paid } = held
  const lapse = afterGrace(periodStart ?? now, plan)
  if (running === null) return lapse
  const isLate = paid === 'unknown' && lapse <= now
  return !isLate && lapse < running.expiresAt ? lapse : running.expiresAt
}

/**
 * The end of the paid period, if the licence for it lasts until `expiresAt`. Of what is owed it is where
 * the period that is not paid began, unless the running licence stays.
 */
function paidUntilOf(held: Held, running: LicenseRow | null, expiresAt: Date): Date | null {
  const isStaying = running !== null && running.expiresAt.getTime() === expiresAt.getTime()
  if (isOwed(held) && isStaying) return running.paidUntil
  const until = isOwed(held) ? held.periodStart : held.periodEnd
  return until && wholeSecond(until)
}

/**
 * An operator's revocation lasts until a new period is paid: one that begins where the licence's own has
 * ended. Grace and a scheduled end say nothing of that, because both can change. Where that end is not
 * known, a licence that was paid for outlasts the grace after the period's start, or the subscription,
 * which nothing is paid for afterwards.
 */
function isRevokedForPeriod(last: LicenseRow, held: Held): boolean {
  if (last.status !== 'revoked') return false
  const { periodStart, endsAt, plan } = held
  if (periodStart === null || isOwed(held)) return true
  if (last.paidUntil !== null) return wholeSecond(periodStart) < last.paidUntil
  if (endsAt !== null && last.expiresAt >= wholeSecond(endsAt)) return true
  return last.expiresAt > afterGrace(periodStart, plan)
}

function isSameTerms(a: Terms, b: Terms): boolean {
  const text = (terms: Terms) => {
    const { plan, features, limits } = terms
    return canonicalJson({ plan, features, limits, quantity: quantityOf(terms) })
  }
  return text(a) === text(b)
}

/** A licence from before quantities existed counts as one. */
function quantityOf({ quantity }: Terms): number {
  return quantity ?? 1
}

function afterGrace(time: Date, plan: PlanRow): Date {
  return afterDays(time, plan.licenseGraceDays ?? GRACE_DAYS)
}

export function afterDays(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS)
}

/** Rounds down to a second, as a licence's times are written. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1_000) * 1_000)
}
