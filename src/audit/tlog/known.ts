import { readFile } from 'node:fs/promises'
import type postgres from 'postgres'
import { rootOf } from '../proofs.ts'
import { logSize } from '../sequencer.ts'
import { tileReader } from '../tiles.ts'
import { type NoteKey, isSame, openNote } from '../verifier.ts'
import { writeWhole } from '../whole-file.ts'

/** A state of the log that was signed and that anyone may have seen. */
interface KnownState {
  size: number
  root: Uint8Array
  /** The signed note that states it. */
  text: string
}

export interface Behind {
  /** The size that the log has according to the source. */
  size: number
  source: string
}

/**
 * Knows the log from outside its database: the newest signed state, in memory and in files. A
 * database that was restored to an earlier time has lost the end of the log and must not continue
 * it: two histories under one key would be a fork.
 * @param log the key that signs the notes
 * @param kept the files that this process writes
 * @param others files that it only reads, with checkpoints of the same log
 */
export function knownStates(log: NoteKey, kept: readonly string[], others: readonly string[]) {
  let newest: KnownState | null = null
  /** The sizes that the files state, as far as they have been read or written. */
  const sizes = new Map<string, number>()
  let turn: Promise<unknown> = Promise.resolve()

  /** Reads the files again: another process on this machine may have written them. */
  async function look(): Promise<void> {
    for (const path of [...kept, ...others]) {
      const text = await readFile(path, 'utf8').catch(() => null)
      const size = text === null ? null : await learn(text)
      if (size === null) sizes.delete(path)
      else sizes.set(path, size)
    }
  }

  /** @returns the size that the note states; null if the log's key has not signed it */
  async function learn(text: string): Promise<number | null> {
    const note = await openNote(text, log)
    if (note === null) return null
    const { size, root } = note
    if (newest === null || size > newest.size) newest = { size, root, text }
    return size
  }

  /**
   * Keeps a signed note, before anyone else can see its state. A file that states a larger size
   * already stays as it is.
   * @throws the fault of the last file if the state is in none of them
   */
  async function keep(text: string): Promise<void> {
    // One after the other, because a smaller state must not replace a larger one.
    const done = turn.then(() => keepNow(text))
    turn = done.catch(() => undefined)
    return done
  }

  async function keepNow(text: string): Promise<void> {
    await learn(text)
    await look()
    const state = newest
    if (state === null) throw new Error('The note is not signed with the key of the log')
    const old = kept.filter((path) => (sizes.get(path) ?? -1) < state.size)
    const written = await Promise.allSettled(
      old.map(async (path) => {
        await writeWhole(path, state.text, { isLasting: true })
        sizes.set(path, state.size)
      }),
    )
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

export type KnownStates = ReturnType<typeof knownStates>
