export interface FairRoomOptions {
  /**
   * Beyond this total, each owner may have only its share: the total divided by the number of owners.
   * Nothing enters beyond twice this total.
   */
  weightMax: number
  /** The limit for one owner, in any case. */
  ownerWeightMax: number
}

/**
 * Bounds what is held for all owners together, so that an owner who sends more than fits is refused
 * and the others are not. When the room is full, an owner below its fair share still gets in. Those
 * who came before keep what they have, so the total grows with the number of owners, up to twice
 * `weightMax`.
 */
export function fairRoom({ weightMax, ownerWeightMax }: FairRoomOptions) {
  const held = new Map<string, number>()
  let total = 0

  /** @returns whether there was room; call `leave` only if there was */
  function enter(owner: string, weight: number): boolean {
    const before = held.get(owner)
    const after = (before ?? 0) + weight
    if (after > ownerWeightMax) return false
    if (total + weight > 2 * weightMax) return false
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
