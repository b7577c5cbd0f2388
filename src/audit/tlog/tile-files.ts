import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type postgres from 'postgres'
import { inTurn } from '../../scheduling/in-turn.ts'
import { readNote } from '../verifier.ts'
import { writeWhole } from '../whole-file.ts'
import { WIDTH, tilePath } from './tile-path.ts'

const TILES_MAX = 64
const HASH_BYTES = 32

/** The folder for the published log, beside the folder with the checkpoints. */
export function publishedFolder(checkpointFolder: string): string {
  return `${checkpointFolder.replace(/(?<!\/)\/+$/, '')}-log`
}

/** The folders in which each signed state of the log is kept, outside the database. */
export function stateFolders(dataDir: string, checkpointFolder: string | undefined): string[] {
  const folders = [join(dataDir, 'log')]
  if (checkpointFolder !== undefined) {
    folders.push(join(publishedFolder(checkpointFolder), 'signed'))
  }
  return folders
}

/**
 * Writes the log as files for a web server, a CDN or a mirror: first the tiles that the checkpoint
 * needs, then `checkpoint`. Entries are left out, because they contain amounts.
 */
export function tileFiles(folder: string) {
  const checkpoint = join(folder, 'checkpoint')
  /** The size whose tiles are written; null until the folder has been read. */
  let done: number | null = null
  const turn = inTurn()

  /** One call after the other, so that the note of the last call is the one that stays. */
  function publish(sql: postgres.Sql, size: number, note: string): Promise<void> {
    return turn(() => write(sql, size, note))
  }

  async function write(sql: postgres.Sql, size: number, note: string): Promise<void> {
    done ??= await sizeThere(note)
    for (let level = 0, span = 1; span <= size; level++, span *= WIDTH) {
      await writeLevel(sql, level, Math.floor(done / span), Math.floor(size / span))
    }
    await writeWhole(checkpoint, note)
    done = size
  }

  /** How many records of the same log the folder already covers. */
  async function sizeThere(note: string): Promise<number> {
    const there = readNote(await readFile(checkpoint, 'utf8').catch(() => ''))
    return there !== null && there.origin === readNote(note)?.origin ? there.size : 0
  }

  /** @param count the number of hashes that the level has */
  async function writeLevel(sql: postgres.Sql, level: number, before: number, count: number) {
    const last = Math.floor((count - 1) / WIDTH)
    for (let first = Math.floor(before / WIDTH); first <= last; first += TILES_MAX) {
      const tiles = await sql<{ index: number; hashes: Buffer }[]>`
        select index::float8, hashes from audit_tiles where level = ${level}::integer
          and index >= ${String(first)}::bigint
          and index < ${String(Math.min(first + TILES_MAX, last + 1))}::bigint`
      for (const { index, hashes } of tiles) {
        const width = Math.min(WIDTH, count - index * WIDTH)
        const path = join(folder, 'tile', tilePath({ level, index, width }))
        await writeWhole(path, hashes.subarray(0, width * HASH_BYTES))
        if (width === WIDTH) await rm(`${path}.p`, { recursive: true, force: true })
      }
    }
  }

  return { folder, checkpoint, publish }
}

export type TileFiles = ReturnType<typeof tileFiles>
