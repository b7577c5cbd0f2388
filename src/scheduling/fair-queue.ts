export interface FairQueueOptions<Item> {
  ownerOf: (item: Item) => string
  weightOf: (item: Item) => number
}

/** The bounds of one batch. Its first item is taken whatever it weighs. */
export interface Portion {
  countMax: number
  weightMax: number
  /** For each owner, even if no other waits: items that arrive later must wait for this batch. */
  ownerWeightMax: number
}

interface Line<Item> {
  owner: string
  items: Item[]
  /** The index of the first item that still waits. */
  head: number
  /** The weight that the current batch has taken from this line. */
  takenWeight: number
}

/** Shorter lines are not worth trimming. */
const TRIM_AT = 1_024

/**
 * One line of items for each owner. The lines take turns: an owner's next item waits for at most one
 * item of each other owner, however many those have. Within a line the order is first in, first out.
 */
export function fairQueue<Item>({ ownerOf, weightOf }: FairQueueOptions<Item>) {
  const lines = new Map<string, Line<Item>>()
  /** Every line with items, in the order of their turns. */
  let turns: Line<Item>[] = []
  let size = 0

  function push(item: Item): void {
    const owner = ownerOf(item)
    let line = lines.get(owner)
    if (line === undefined) {
      line = { owner, items: [], head: 0, takenWeight: 0 }
      lines.set(owner, line)
      turns.push(line)
    }
    line.items.push(item)
    size++
  }

  /** The next batch; empty only if no item waits. */
  function take(portion: Portion): Item[] {
    const taken: Item[] = []
    let weight = 0
    let next = 0
    for (const line of turns) line.takenWeight = 0

    /** @returns whether the batch has room for more after this turn of a line */
    function takeTurn(line: Line<Item>): 'taken' | 'passed' | 'full' {
      const item = line.items[line.head]
      if (item === undefined) return 'passed'
      const itsWeight = weightOf(item)
      if (taken.length >= portion.countMax) return 'full'
      if (taken.length > 0 && weight + itsWeight > portion.weightMax) return 'full'
      const ofOwner = line.takenWeight + itsWeight
      if (line.takenWeight > 0 && ofOwner > portion.ownerWeightMax) return 'passed'
      line.head++
      line.takenWeight = ofOwner
      weight += itsWeight
      taken.push(item)
      return 'taken'
    }

    for (let passed = 0; passed < turns.length;) {
      const line = turns[next]
      if (line === undefined) break
      const outcome = takeTurn(line)
      if (outcome === 'full') break
      passed = outcome === 'taken' ? 0 : passed + 1
      next = (next + 1) % turns.length
    }
    turns = [...turns.slice(next), ...turns.slice(0, next)].filter(isWaiting)
    size -= taken.length
    return taken
  }

  /** Drops the items for which `isKept` is false. */
  function keep(isKept: (item: Item) => boolean): void {
    size = 0
    for (const line of turns) {
      line.items = line.items.slice(line.head).filter(isKept)
      line.head = 0
      size += line.items.length
    }
    turns = turns.filter(isWaiting)
  }

  function isWaiting(line: Line<Item>): boolean {
    if (line.head === line.items.length) {
      lines.delete(line.owner)
      return false
    }
    if (line.head >= TRIM_AT) {
      line.items = line.items.slice(line.head)
      line.head = 0
    }
    return true
  }

  return { push, take, keep, size: () => size }
}
