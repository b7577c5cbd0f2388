import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fairQueue } from '../../src/scheduling/fair-queue.ts'
import { fairRoom } from '../../src/scheduling/fair-room.ts'
import { sharedCommits } from '../../src/scheduling/shared-commits.ts'
import { counts } from '../support/counts.ts'
import { scaled } from '../support/scale.ts'

interface Item {
  owner: string
  weight: number
  n: number
}

const options = { ownerOf: (item: Item) => item.owner, weightOf: (item: Item) => item.weight }

/** Owners of very different activity: most of what arrives is of the first. */
const arrivals = fc.array(
  fc.record({
    owner: fc.oneof(
      { weight: 20, arbitrary: fc.constant('a') },
      { weight: 2, arbitrary: fc.constantFrom('b', 'c') },
      { weight: 1, arbitrary: fc.constantFrom('d', 'e', 'f', 'g') },
    ),
    weight: fc.integer({ min: 1, max: 10 }),
  }),
  { maxLength: 30 },
)
const portions = fc.record({
  countMax: fc.integer({ min: 1, max: 12 }),
  weightMax: fc.integer({ min: 1, max: 60 }),
  ownerWeightMax: fc.integer({ min: 1, max: 25 }),
})

test('owners take turns: nothing is lost, a batch keeps its bounds, and nobody waits for another’s many', (t) => {
  counts(t, { promise: '', what: 'Random queues: owners take turns', trials: scaled(5_000, 500) })
  fc.assert(
    fc.property(fc.array(arrivals, { maxLength: 15 }), portions, (rounds, portion) => {
      const queue = fairQueue<Item>(options)
      let waiting: Item[] = []
      let n = 0
      for (const arrived of [...rounds, ...Array.from({ length: 20 }, () => [])]) {
        for (const one of arrived) {
          const item = { ...one, n: n++ }
          queue.push(item)
          waiting.push(item)
        }
        const batch = queue.take(portion)
        assert.equal(batch.length === 0, waiting.length === 0)
        assert.ok(batch.length <= portion.countMax)
        assertWithin(batch, portion.weightMax)
        for (const owner of new Set(batch.map((item) => item.owner))) {
          const own = batch.filter((item) => item.owner === owner)
          assertWithin(own, portion.ownerWeightMax)
          const oldest = waiting.filter((item) => item.owner === owner).slice(0, own.length)
          assert.deepEqual(own, oldest, 'of one owner the first come goes first')
        }
        // The batch began with whoever's turn it was: a second item of an owner only after a first of each.
        const owners = new Set(waiting.map((item) => item.owner))
        const seen = new Set<string>()
        for (const item of batch) {
          if (seen.has(item.owner)) assert.equal(seen.size, owners.size)
          seen.add(item.owner)
        }
        waiting = waiting.filter((item) => !batch.includes(item))
        assert.equal(queue.size(), waiting.length)
      }
    }),
    { numRuns: scaled(5_000, 500) },
  )
})

function assertWithin(items: readonly Item[], weightMax: number): void {
  const weight = items.reduce((sum, item) => sum + item.weight, 0)
  assert.ok(items.length === 1 || weight <= weightMax, `${weight} of ${weightMax}`)
}

test('in shared commits an operation waits for as many batches as there are owners before it, at most', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, portions, async (arrived, portion) => {
      const items = arrived.map((one, n) => ({ ...one, n }))
      const batches: Item[][] = []
      const commits = sharedCommits<Item, number>({
        ...options,
        lanes: 1,
        waitingMax: 1_000,
        batchMax: portion.countMax,
        weightMax: portion.weightMax,
        ownerWeightMax: portion.ownerWeightMax,
        commit: async (batch) => {
          batches.push([...batch])
          await Promise.resolve()
          return batch.map(({ n }) => ({ status: 'fulfilled', value: n }))
        },
      })
      const answers = await Promise.all(items.map((item) => commits.submit(item)))
      assert.deepEqual(
        answers,
        items.map(({ n }) => n),
      )
      assert.equal(commits.waiting(), 0)
      const owners = [...new Set(items.map(({ owner }) => owner))]
      for (const owner of owners) {
        const own = items.filter((item) => item.owner === owner)
        own.forEach((item, index) => {
          const batch = batches.findIndex((one) => one.includes(item))
          // Each batch has a turn of somebody; before its turn everybody else has one, each time.
          assert.ok(batch < owners.length * (index + 1), `${owner}'s ${index} in batch ${batch}`)
        })
      }
    }),
    { numRuns: scaled(2_000, 200) },
  )
})

test('room: bounded for all and for each, and never full for whoever has little in it', (t) => {
  counts(t, { promise: '', what: 'Random queues: room for each', trials: scaled(5_000, 500) })
  const limits = { weightMax: 100, ownerWeightMax: 60 }
  fc.assert(
    fc.property(fc.array(arrivals, { maxLength: 20 }), (rounds) => {
      const room = fairRoom(limits)
      const held: { owner: string; weight: number }[] = []
      const of = (owner: string) =>
        held.reduce((sum, one) => sum + (one.owner === owner ? one.weight : 0), 0)
      for (const { owner, weight } of rounds.flat()) {
        const owners = new Set([...held.map((one) => one.owner), owner]).size
        const after = of(owner) + weight
        const isBeyond = room.total() + weight > 2 * limits.weightMax
        const hasEntered = room.enter(owner, weight)
        if (after > limits.ownerWeightMax || isBeyond) assert.equal(hasEntered, false)
        else if (after <= limits.weightMax / owners) assert.equal(hasEntered, true)
        if (hasEntered) held.push({ owner, weight })
        else if (held.length > 3) {
          for (const one of held.splice(0, 3)) room.leave(one.owner, one.weight)
        }
        const total = held.reduce((sum, one) => sum + one.weight, 0)
        assert.equal(room.total(), total)
        assert.ok(total <= 2 * limits.weightMax)
      }
    }),
    { numRuns: scaled(5_000, 500) },
  )
})

test('room: however many owners take all that they may, they have twice the limit at most', () => {
  const limits = { weightMax: 100, ownerWeightMax: 60 }
  const room = fairRoom(limits)
  for (let owner = 1; owner <= 50; owner++) {
    while (room.enter(`owner ${owner}`, 1));
    assert.ok(room.total() <= 2 * limits.weightMax, `${room.total()} with ${owner} owners`)
  }
  assert.equal(room.total(), 2 * limits.weightMax)
  room.leave('owner 1', 1)
  assert.ok(room.enter('owner 51', 1))
})
