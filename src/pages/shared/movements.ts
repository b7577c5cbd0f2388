import type { Schemas } from './api.ts'

export type Transfer = Schemas['Transfer']
type Kind = Schemas['TransferKind']

interface Meaning {
  name: string
  /** What one unit of it does to the balance, and to what is held. */
  balance: 1 | 0 | -1
  held: 1 | 0 | -1
}

const MEANINGS: Readonly<Record<Kind, Meaning>> = {
  deduct: { name: 'Charge', balance: -1, held: 0 },
  top_up: { name: 'Top-up', balance: 1, held: 0 },
  stripe_top_up: { name: 'Paid top-up', balance: 1, held: 0 },
  stripe_reversal: { name: 'Taken back by Stripe', balance: -1, held: 0 },
  stripe_reinstatement: { name: 'Given back by Stripe', balance: 1, held: 0 },
  forfeit: { name: 'Given up', balance: -1, held: 0 },
  write_off: { name: 'Written off', balance: 1, held: 0 },
  adjustment: { name: 'Adjustment', balance: 1, held: 0 },
  refund: { name: 'Refund', balance: 1, held: 0 },
  hold: { name: 'Hold', balance: 0, held: 1 },
  capture: { name: 'Charge of a hold', balance: -1, held: -1 },
  release: { name: 'Hold released', balance: 0, held: -1 },
  grant: { name: 'Credit granted', balance: 1, held: 0 },
  void: { name: 'Credit ended', balance: -1, held: 0 },
  expire: { name: 'Credit expired', balance: -1, held: 0 },
}

export const kindName = (kind: Kind): string => MEANINGS[kind].name

/** What it did to the balance, with its sign. */
export function effectOf({ kind, amount, user_id: userId, credit_account: to }: Transfer): number {
  const { balance } = MEANINGS[kind]
  return kind === 'adjustment' ? (to === userId ? amount : -amount) : balance * amount
}

export interface Standing {
  at: number
  balance: number
  held: number
  granted: number
}

/**
 * How an account stood after each of its movements, oldest first, from how it stands now backwards.
 * @param transfers newest first, from the newest on
 */
export function standingsOf(
  transfers: readonly Transfer[],
  now: { held: number; granted: number },
): Standing[] {
  let { held, granted } = now
  const standings = transfers.map((one) => {
    const after = {
      at: Date.parse(one.created_at) / 1_000,
      balance: one.balance_after,
      held,
      granted,
    }
    held = Math.max(held - MEANINGS[one.kind].held * one.amount, 0)
    const pieces = one.grants.reduce((sum, { amount }) => sum + amount, 0)
    const isGiven = effectOf(one) > 0
    granted = Math.max(granted - (isGiven ? pieces : -pieces), 0)
    return after
  })
  return standings.toReversed()
}
