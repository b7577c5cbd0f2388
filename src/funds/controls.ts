import type { Budget } from './budgets/budget.ts'
import type { Grant } from './grants/grant.ts'

/** What a charge to an account depends on besides the account's row. */
export interface Controls {
  /** The grants with something left. */
  grants: readonly Grant[]
  budgets: readonly Budget[]
}

export const NO_CONTROLS: Controls = { grants: [], budgets: [] }
