import type { Database } from '../database/index.ts'
import type { Terms } from './issue.ts'

/** How much of a metric a customer has used in the current calendar month (UTC). */
export type UsedThisMonth = (db: Database, customerId: string, metric: string) => Promise<string>

type Granting = Pick<Terms, 'features' | 'limits'>

export interface Grant {
  entitled: boolean
  /** Null: no limit, or nothing granted. */
  limit: number | null
}

/**
 * Whether any of the licences grants a feature, and up to what limit; the most generous counts. A
 * licence grants it as a feature that is not off (`false`, 0, null or an empty text), or as a limit
 * above 0.
 */
export function grantOf(licenses: readonly Granting[], feature: string): Grant {
  const grants = licenses.map((license) => oneGrant(license, feature)).filter((one) => one.entitled)
  if (grants.length === 0) return { entitled: false, limit: null }
  const limits = grants.map(({ limit }) => limit)
  const bounded = limits.filter((limit) => limit !== null)
  const isBounded = bounded.length === limits.length
  return { entitled: true, limit: isBounded ? Math.max(...bounded) : null }
}

/** A numeric feature is its own limit, unless the licence has a limit of that name. */
function oneGrant({ features, limits }: Granting, feature: string): Grant {
  const value = Object.hasOwn(features, feature) ? features[feature] : undefined
  const limit = Object.hasOwn(limits, feature) ? limits[feature] : undefined
  if (value === undefined && limit === undefined) return { entitled: false, limit: null }
  const isOn = value === undefined ? limit !== 0 : Boolean(value)
  return { entitled: isOn, limit: limit ?? (typeof value === 'number' ? value : null) }
}
