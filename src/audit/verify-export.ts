import { closeSync, createReadStream, existsSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { UnreadableFile } from '../encoding/unreadable-file.ts'
import { growingTree, leafHash } from './tree.ts'
import { type Checkpoint, isSame } from './verifier.ts'

export interface Verdict {
  /** How many records were read. */
  records: number
  /** How many of them a checkpoint covers. */
  vouchedFor: number
  /** The first record that does not match, where it is known; null when all is well. */
  firstMisfit: number | null
  /** What is wrong; empty when all is well. */
  findings: string[]
}

export interface VerifyOptions {
  /** The checkpoints, of any size, that the log must match. */
  checkpoints: readonly Checkpoint[]
  /** The file of hashes that an export writes beside itself, if there is one. */
  hashesPath?: string
  report?: (done: number, total?: number) => void
}

/**
 * Verifies an export against checkpoints, in one pass and in memory that does not grow with it. The
 * hashes beside an export tell which record does not match. They prove nothing alone, and are
 * themselves checked.
 * @throws UnreadableFile
 */
export async function verifyExport(path: string, options: VerifyOptions): Promise<Verdict> {
  if (!existsSync(path)) throw new UnreadableFile(`${resolve(path)} can not be read`)
  const judge = judgeOf(options.checkpoints)
  const hashes = hashReader(options.hashesPath)
  try {
    for await (const lines of linesOf(path)) {
      const stopped = lines.find((line) => {
        const [seq, found] = [judge.size(), seqOf(line)]
        if (found === seq) judge.add(leafHash(line), hashes.next())
        return found !== seq
      })
      if (stopped !== undefined) {
        const found = seqOf(stopped)
        const what = found === null ? 'is no record' : `is missing: record ${found} is in its place`
        judge.misfit(judge.size(), what)
        break
      }
      options.report?.(judge.size(), judge.expected())
    }
    return judge.verdict()
  } finally {
    hashes.close()
  }
}

/** Follows the log leaf by leaf and compares it with checkpoints, smallest first. */
export function judgeOf(given: readonly Checkpoint[]) {
  const tree = growingTree()
  /** Those that the log has not reached yet. */
  let ahead: Checkpoint[] = []
  let last: Checkpoint | undefined
  const findings: string[] = []
  let firstMisfit: number | null = null
  let vouchedFor = 0

  /** @param logged the hash that was logged, if it is known: the tree continues with it */
  function add(leaf: Buffer, logged: Buffer | null = null): void {
    const seq = tree.size()
    if (logged !== null && !leaf.equals(logged)) misfit(seq, 'is not what was logged')
    tree.add(logged ?? leaf)
    compare()
  }

  function misfit(seq: number, what: string): void {
    firstMisfit ??= seq
    if (findings.length < 20) findings.push(`Record ${seq} ${what}`)
  }

  function compare(): void {
    let next = 0
    for (let one = ahead[next]; one?.size === tree.size(); one = ahead[++next]) {
      if (isSame(one.root, tree.root())) {
        vouchedFor = one.size
        continue
      }
      const time = one.issuedAt.toISOString()
      if (findings.length < 20) {
        findings.push(
          `A record from ${vouchedFor} to ${one.size - 1} is not what the checkpoint of ${time} was signed of`,
        )
      }
      if (vouchedFor === one.size - 1) firstMisfit ??= vouchedFor
    }
    if (next > 0) ahead = ahead.slice(next)
  }

  /** Adds checkpoints of at least the size that the log has reached. */
  function expect(more: readonly Checkpoint[]): void {
    ahead = [...ahead, ...more].toSorted((a, b) => a.size - b.size)
    for (const one of more) if (last === undefined || one.size >= last.size) last = one
    compare()
  }

  function verdict(): Verdict {
    if (last !== undefined && last.size > tree.size() && findings.length === 0) {
      misfit(
        tree.size(),
        `is missing: the checkpoint of ${last.issuedAt.toISOString()} has ${last.size} records`,
      )
    }
    return { records: tree.size(), vouchedFor, firstMisfit, findings }
  }

  expect(given)
  return {
    add,
    expect,
    misfit,
    verdict,
    size: tree.size,
    root: tree.root,
    expected: () => last?.size,
  }
}

/**
 * The lines of a file without their line breaks, by chunks of the file: one line at a time takes much
 * longer.
 */
async function* linesOf(path: string): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0)
  const stream = createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  for await (const chunk of stream) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines: Buffer[] = []
    let start = 0
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10, start)) {
      lines.push(data.subarray(start, end))
      start = end + 1
    }
    yield lines
    rest = data.subarray(start)
  }
  if (rest.length > 0) yield [rest]
}

function seqOf(line: Buffer): number | null {
  try {
    const { seq } = JSON.parse(line.toString()) as { seq?: unknown }
    return typeof seq === 'number' ? seq : null
  } catch {
    return null
  }
}

/** Hashes of 32 bytes, one after the other; null past the end, or without a file. */
function hashReader(path: string | undefined) {
  const file = path !== undefined && existsSync(path) ? openSync(path, 'r') : null
  const buffer = Buffer.alloc(32 * 4_096)
  let [at, end] = [0, 0]
  return {
    next: (): Buffer | null => {
      if (file === null) return null
      if (at === end) [at, end] = [0, readSync(file, buffer, 0, buffer.length, null)]
      if (end - at < 32) return null
      at += 32
      return buffer.subarray(at - 32, at)
    },
    close: () => {
      if (file !== null) closeSync(file)
    },
  }
}
