import type { Actor } from '../audit/record.ts'
import type { Cap } from '../auth/identity.ts'
import { randomBase62 } from '../encoding/ids.ts'
import type { Write } from '../http/outcomes/attempt.ts'

export interface CorrectionDraft {
  customerId: string
  reportId: string
  reason: string
  actor: Actor
  /** How much the caller's token may move; null for no bound. */
  cap: Cap | null
}

/** A correction on its way: if its row has this id, it is its own. */
export interface Correction extends CorrectionDraft, Write {
  id: string
}

export interface Corrected {
  id: string
  reportId: string
  /** Stripe goes on billing it. */
  stripe: 'not_correctable' | null
  /** It had been corrected before. */
  replayed: boolean
}

export function newCorrection(draft: CorrectionDraft): Correction {
  return { ...draft, id: `cor_${randomBase62(22)}`, sent: false, givenUp: false }
}
