import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spentSince } from '../../src/pages/portal/spent.ts'
import { ROWS_MAX, type Read, seek } from '../../src/pages/shared/page-through.ts'

/** A list of so many rows, and how many pages were read of it. */
function listOf<T>(rows: readonly T[]) {
  const list = { pages: 0 }
  const read: Read<T> = ({ limit, cursor }) => {
    list.pages += 1
    const from = Number(cursor ?? 0)
    const next = from + limit
    const isLast = next >= rows.length
    return Promise.resolve({
      data: rows.slice(from, next),
      next_cursor: isLast ? null : String(next),
    })
  }
  return Object.assign(list, { read })
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

test('a row is sought through the pages of its list, and within bounds', async () => {
  const short = listOf(numbers(450))
  assert.deepEqual(await seek(short.read, (row) => row === 430), { row: 430, isCut: false })
  assert.equal(short.pages, 3)
  assert.deepEqual(await seek(short.read, (row) => row === 450), { row: null, isCut: false })

  const long = listOf(numbers(ROWS_MAX + 1))
  assert.deepEqual(await seek(long.read, (row) => row === ROWS_MAX), { row: null, isCut: true })
  assert.equal(long.pages, 10)
})

const NOW = Date.now()

/** Charges of 1, so many, a minute apart, the newest first. */
function charges(count: number) {
  return listOf(
    numbers(count).map((index) => {
      return { kind: 'deduct', amount: 1, created_at: new Date(NOW - index * 60_000).toISOString() }
    }),
  ) as unknown as { pages: number; read: Parameters<typeof spentSince>[1] }
}

const total = (byDay: ReadonlyMap<number, number>) =>
  [...byDay.values()].reduce((sum, one) => sum + one, 0)

test('charges are counted back to the first day, and no further', async () => {
  const { byDay, since } = await spentSince(NOW - 300 * 60_000, charges(1_000).read)
  assert.equal(total(byDay), 301)
  assert.equal(since, null)
})

test('of more movements than a browser reads, the newest count, and since when is known', async () => {
  const all = charges(ROWS_MAX)
  assert.deepEqual((await spentSince(0, all.read)).since, null)
  const many = charges(ROWS_MAX + 500)
  const { byDay, since } = await spentSince(0, many.read)
  assert.equal(many.pages, 10)
  assert.equal(total(byDay), ROWS_MAX)
  assert.equal(since, NOW - (ROWS_MAX - 1) * 60_000)
})
