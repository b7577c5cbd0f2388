export interface FairQueueOptions<Item> {
  ownerOf: (item: Item) => string
  weightOf: (item: Item) => number
}

/** What one batch may have. Its first item goes whatever it weighs. */
export interface Portion {
  countMax: number
  weightMax: number
  /** Of each owner, whether or not others wait: whoever comes next waits for this batch. */
  ownerWeightMax: number
}

interface Line<Item> {
  owner: string
  items: Item[]
  /** The first of `items` that still waits. */
  head: number
  /** What the batch being taken has of it. */
  takenWeight: number
}

/** Shorter lines are not worth moving. */
const TRIM_AT = 1_024

/**
 * Items in lines, one for each owner, that are taken by turns: an owner's next item waits for at most
 * one of each other owner, however many these have. Of one owner the first come goes first.
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

  /** The next batch; empty only if nothing waits. */
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

  /** Drops the items that `isKept` is false of. */
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
