import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { scaled } from './scale.ts'

/** A source of random numbers that gives the same ones again for the same seed. */
export interface Random {
  /** An integer, both bounds included. */
  int(from: number, to: number): number
  /** Whether something happens that does in so many of a thousand cases. */
  chance(ofThousand: number): boolean
  /** @throws Error where there is nothing to pick from */
  pick<T>(from: readonly T[]): T
  /** Another source, for a part that draws at its own pace. */
  fork(): Random
}

export function randomOf(seed: number): Random {
  const source = xoroshiro128plus(seed)
  const int = (from: number, to: number) => uniformInt(source, from, to)
  return {
    int,
    chance: (ofThousand) => int(1, 1_000) <= ofThousand,
    pick: (from) => {
      const one = from[int(0, from.length - 1)]
      if (one === undefined) throw new Error('There is nothing to pick from')
      return one
    },
    fork: () => randomOf(int(0, 0x7fffffff)),
  }
}

/**
 * The seed of this run. `npm test` draws the same each time, so that a failure there is of what was changed; a
 * drill draws something new. DRILL_SEED repeats what another run has drawn, if not what the machine did meanwhile.
 */
export const SEED = Number(
  process.env['DRILL_SEED'] ?? scaled(Math.floor(Math.random() * 1_000_000), 1),
)
