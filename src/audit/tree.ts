import { hash } from 'node:crypto'

/*
 * Computes the same hashes as `verifier.ts`, but faster: WebCrypto hashes in another thread, and
 * waiting for that thread takes ten times as long as the hash itself.
 */

/** The hash of a leaf. The leaf is a record's bytes without the line break. */
export function leafHash(record: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(0), record]), 'buffer')
}

/** The hash of two neighbouring subtrees. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right], 65), 'buffer')
}

/**
 * Computes the root of a tree that grows leaf by leaf. Memory grows only with the tree's height.
 */
export function growingTree() {
  /** The complete subtrees so far, from large to small, like the binary digits of the size. */
  const peaks: Buffer[] = []
  let size = 0

  /** @param width a power of two that divides the size */
  function addSubtree(root: Buffer, width: number): void {
    let peak = root
    for (let rest = size / width; rest % 2 === 1; rest = (rest - 1) / 2) {
      peak = nodeHash(peaks.pop() ?? peak, peak)
    }
    peaks.push(peak)
    size += width
  }

  return {
    size: () => size,
    add: (leaf: Buffer): void => addSubtree(leaf, 1),
    addSubtree,
    root: (): Buffer => {
      const last = peaks.at(-1) ?? hash('sha256', '', 'buffer')
      return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
    },
  }
}
