import type { Capability } from './capability/capability.ts'
import { customers } from './customers/index.ts'
import { funds } from './funds/index.ts'
import { licenses } from './licenses/index.ts'
import { payments } from './payments/index.ts'
import { plans } from './plans/index.ts'
import { subscriptions } from './subscriptions/index.ts'
import { usage } from './usage/index.ts'

/** Every capability there is. Each may know those before it, and none behind it. */
export const CAPABILITIES: readonly Capability[] = [
  funds,
  plans,
  customers,
  subscriptions,
  licenses,
  usage,
  payments,
]
