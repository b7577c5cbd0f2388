import { hash } from 'node:crypto'
import { nodeHash } from './tree.ts'

/** Reads the root of the complete subtree over the 2^level leaves from `index * 2^level` on. */
export type ReadNode = (level: number, index: number) => Promise<Buffer>

/** The root of the tree's first `size` leaves. */
export function rootOf(read: ReadNode, size: number): Promise<Buffer> {
  return size === 0 ? Promise.resolve(hash('sha256', '', 'buffer')) : rangeRoot(read, 0, size)
}

/** PATH of RFC 6962, 2.1.1: proves that the leaf at `index` is in the tree of that size. */
export function inclusionProof(read: ReadNode, index: number, size: number): Promise<Buffer[]> {
  return path(read, index, 0, size)
}

/**
 * PROOF of RFC 6962, 2.1.2: proves that the tree of size `second` begins with that of size `first`.
 */
export function consistencyProof(read: ReadNode, first: number, second: number): Promise<Buffer[]> {
  return subproof(read, first, 0, second, true)
}

async function rangeRoot(read: ReadNode, start: number, end: number): Promise<Buffer> {
  const size = end - start
  const left = leftSize(size)
  // A range whose size is a power of two is always a complete subtree, because trees are split so.
  if (size === 1) return read(0, start)
  if (size === 2 * left) return read(Math.log2(size), start / size)
  const middle = start + left
  return nodeHash(await rangeRoot(read, start, middle), await rangeRoot(read, middle, end))
}

async function path(read: ReadNode, index: number, start: number, end: number): Promise<Buffer[]> {
  if (end - start === 1) return []
  const middle = start + leftSize(end - start)
  return index < middle
    ? [...(await path(read, index, start, middle)), await rangeRoot(read, middle, end)]
    : [...(await path(read, index, middle, end)), await rangeRoot(read, start, middle)]
}

async function subproof(
  read: ReadNode,
  first: number,
  start: number,
  end: number,
  isWhole: boolean,
): Promise<Buffer[]> {
  if (first === end) return isWhole ? [] : [await rangeRoot(read, start, end)]
  const middle = start + leftSize(end - start)
  return first <= middle
    ? [...(await subproof(read, first, start, middle, isWhole)), await rangeRoot(read, middle, end)]
    : [...(await subproof(read, first, middle, end, false)), await rangeRoot(read, start, middle)]
}

/** The largest power of two below the size, at which RFC 6962 splits a tree. */
function leftSize(size: number): number {
  let left = 1
  while (2 * left < size) left *= 2
  return left
}
