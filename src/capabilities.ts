import type { Capability } from './capability/capability.ts'
import { customers } from './customers/index.ts'
import { funds } from './funds/index.ts'
import { licenses } from './licenses/index.ts'
import { payments } from './payments/index.ts'
import { plans } from './plans/index.ts'
import { sessions } from './sessions/index.ts'
import { subscriptions } from './subscriptions/index.ts'
import { tokens } from './tokens/index.ts'
import { usage } from './usage/index.ts'
import { webhooks } from './webhooks/index.ts'

/**
 * All capabilities, in the order in which they register. `layers.json` says which may import which.
 */
export const CAPABILITIES: readonly Capability[] = [
  funds,
  plans,
  customers,
  tokens,
  sessions,
  subscriptions,
  licenses,
  usage,
  payments,
  webhooks,
]
