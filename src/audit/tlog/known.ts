import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type postgres from 'postgres'
import { rootOf } from '../proofs.ts'
import { logSize } from '../sequencer.ts'
import { tileReader } from '../tiles.ts'
import { type NoteKey, isSame, openNote } from '../verifier.ts'

/** A state of the log that was signed and that anyone may have seen. */
export interface KnownState {
  size: number
  root: Uint8Array
}

export interface Behind {
  /** The size that the log has according to the source. */
  size: number
  source: string
}

/**
 * Knows the log from outside its database: the newest signed checkpoint, in memory and in files. A
 * database that was restored to an earlier time has lost the end of the log and must not continue
 * it: two histories under one key would be a fork.
 * @param kept the files that this process writes
 * @param others files that it only reads, with checkpoints of the same log
 */
export function knownStates(kept: readonly string[], others: readonly string[]) {
  let newest: KnownState | null = null

  /** Reads the files again: another process on this machine may have written them. */
  async function look(log: NoteKey): Promise<void> {
    for (const path of [...kept, ...others]) {
      const text = await readFile(path, 'utf8').catch(() => null)
      const note = text === null ? null : await openNote(text, log)
      if (note !== null) learn(note)
    }
  }

  function learn({ size, root }: KnownState): void {
    if (newest === null || size > newest.size) newest = { size, root }
  }

  /**
   * Keeps a checkpoint before anyone else can see it.
   * @throws the fault of the last file if none could be written
   */
  async function keep(note: string, state: KnownState): Promise<void> {
    learn(state)
    const written = await Promise.allSettled(kept.map((path) => place(path, note)))
    const failed = written.filter((one) => one.status === 'rejected')
    if (failed.length === kept.length) throw failed.at(-1)?.reason
  }

  /** @returns null if the log in the database continues the newest known state */
  async function lacking(sql: postgres.Sql): Promise<Behind | null> {
    const known = newest
    if (known === null) return null
    const size = await logSize(sql)
    const isThere =
      size >= known.size && isSame(await rootOf(tileReader(sql), known.size), known.root)
    return isThere ? null : { size: known.size, source: 'file' }
  }

  return { look, learn, keep, lacking, size: () => newest?.size ?? 0 }
}

/** Writes the file whole or not at all; it is on the disk when the promise resolves. */
async function place(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(`${path}.part`, 'w')
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

export type KnownStates = ReturnType<typeof knownStates>
