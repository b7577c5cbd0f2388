import type { UsedThisMonth } from './entitlements.ts'

/** No capability counts usage yet: nothing was reported, so nothing is used. */
export const usedThisMonth: UsedThisMonth = async () => 0
