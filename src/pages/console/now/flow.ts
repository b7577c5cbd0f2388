import type { components } from '../../../client/generated/schema.ts'

type Schemas = components['schemas']
type Flow = Schemas['MoneyFlow']
type Kind = Schemas['TransferKind']

/** `out`: charged. `ended`: credit that has ended, and money that was taken back. */
export type Part = 'in' | 'out' | 'back' | 'ended'

/** Where a kind belongs whichever way it goes; an adjustment goes both ways. */
const PART_OF: Readonly<Record<Kind, Part | null>> = {
  deduct: 'out',
  capture: 'out',
  top_up: 'in',
  stripe_top_up: 'in',
  grant: 'in',
  refund: 'back',
  stripe_reinstatement: 'back',
  write_off: 'back',
  expire: 'ended',
  void: 'ended',
  stripe_reversal: 'ended',
  forfeit: 'ended',
  adjustment: null,
  hold: null,
  release: null,
}

export type Parts = Readonly<Record<Part, Map<number, number>>>

/** Sums of an asset by hour, each above zero. */
export function partsOf({ data }: Pick<Flow, 'data'>, asset: string): Parts {
  const parts = { in: new Map(), out: new Map(), back: new Map(), ended: new Map() } as Parts
  for (const one of data.filter((row) => row.asset === asset)) {
    // Later versions may add kinds.
    const known: Part | null | undefined = PART_OF[one.kind]
    const part = parts[known ?? (one.amount < 0 ? 'ended' : 'in')]
    const at = Date.parse(one.bucket)
    part.set(at, (part.get(at) ?? 0) + Math.abs(one.amount))
  }
  return parts
}

export const sum = (sums: ReadonlyMap<number, number>) =>
  [...sums.values()].reduce((all, one) => all + one, 0)
