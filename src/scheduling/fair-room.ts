export interface FairRoomOptions {
  /** Beyond it, an owner may have only its share: this, divided by the owners there are. */
  weightMax: number
  /** Of one owner, in any case. */
  ownerWeightMax: number
}

/**
 * Bounds what is held of all owners together, so that one who sends more than fits is refused and
 * others are not. When it is full whoever has less than a fair share still gets in, so the whole is
 * less than twice `weightMax`.
 */
export function fairRoom({ weightMax, ownerWeightMax }: FairRoomOptions) {
  const held = new Map<string, number>()
  let total = 0

  /** @returns whether there was room; only then is it to be left */
  function enter(owner: string, weight: number): boolean {
    const before = held.get(owner)
    const after = (before ?? 0) + weight
    if (after > ownerWeightMax) return false
    const owners = held.size + (before === undefined ? 1 : 0)
    if (total + weight > weightMax && after > weightMax / owners) return false
    held.set(owner, after)
    total += weight
    return true
  }

  function leave(owner: string, weight: number): void {
    const after = (held.get(owner) ?? 0) - weight
    if (after > 0) held.set(owner, after)
    else held.delete(owner)
    total -= weight
  }

  return { enter, leave, total: () => total }
}
