import { hash } from 'node:crypto'
import type postgres from 'postgres'
import { array } from '../database/arrays.ts'

/** A tile spans 8 levels of the tree. */
const WIDTH = 256
const HEIGHT = 8
const HASH_BYTES = 32

interface Tile {
  index: number
  /** In hexadecimal, as PostgreSQL reads `bytea`. */
  hashes: string
}

/**
 * Appends leaves to a tree of the given size: to its last tile, and to further tiles as needed. Each
 * level grows by the roots of the tiles below that have become full.
 * @param leaves their hashes in hexadecimal
 */
export async function appendLeaves(
  sql: postgres.Sql,
  size: number,
  leaves: readonly string[],
): Promise<void> {
  let start = size
  let added = leaves
  for (let level = 0; added.length > 0; level++) {
    const tiles = intoTiles(start, added)
    const full = await sql<{ hashes: Buffer }[]>`
      with grown as (
        insert into audit_tiles (level, index, hashes)
        select ${level}::integer, new.index, new.hashes from unnest(
          ${array(tiles.map(({ index }) => BigInt(index)))}::bigint[],
          ${array(tiles.map(({ hashes }) => hashes))}::bytea[]
        ) as new (index, hashes)
        on conflict (level, index) do update set hashes = audit_tiles.hashes || excluded.hashes
        returning index, hashes
      )
      select hashes from grown where octet_length(hashes) = ${WIDTH * HASH_BYTES}::int order by index`
    added = full.map(({ hashes }) => perfectRoot(hashes).toString('hex'))
    start = Math.floor(start / WIDTH)
  }
}

function intoTiles(start: number, hashes: readonly string[]): Tile[] {
  const tiles: Tile[] = []
  for (let done = 0; done < hashes.length;) {
    const room = WIDTH - ((start + done) % WIDTH)
    const index = Math.floor((start + done) / WIDTH)
    tiles.push({ index, hashes: `\\x${hashes.slice(done, done + room).join('')}` })
    done += room
  }
  return tiles
}

/** The bytes that are hashed for a node: a 1, and the hashes of its two children. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1)

/** The root over a row of hashes, whose number is a power of two. */
export function perfectRoot(hashes: Buffer): Buffer {
  const level = Buffer.from(hashes)
  for (let size = level.length; size > HASH_BYTES; size /= 2) {
    for (let pair = 0; pair < size; pair += 2 * HASH_BYTES) {
      level.copy(node, 1, pair, pair + 2 * HASH_BYTES)
      level.write(hash('sha256', node, 'binary'), pair / 2, 'latin1')
    }
  }
  return Buffer.from(level.subarray(0, HASH_BYTES))
}

/**
 * Reads the roots of complete subtrees from as few tiles as possible, each once.
 * @returns the root over the 2^level leaves from `index * 2^level` on
 */
export function tileReader(sql: postgres.Sql) {
  const tiles = new Map<string, Promise<Buffer>>()

  async function read(level: number, index: number): Promise<Buffer> {
    const [tile] = await sql<{ hashes: Buffer }[]>`
      select hashes from audit_tiles where level = ${level} and index = ${String(index)}::bigint`
    if (tile === undefined) throw new Error(`Tile ${index} of level ${level} is missing`)
    return tile.hashes
  }

  return async (level: number, index: number): Promise<Buffer> => {
    const count = 2 ** (level % HEIGHT)
    const first = index * count
    const key = [Math.floor(level / HEIGHT), Math.floor(first / WIDTH)] as const
    const name = key.join()
    const tile = tiles.get(name) ?? read(...key)
    tiles.set(name, tile)
    const offset = (first % WIDTH) * HASH_BYTES
    const hashes = (await tile).subarray(offset, offset + count * HASH_BYTES)
    if (hashes.length < count * HASH_BYTES) throw new Error('The tree is shorter than its log')
    return perfectRoot(hashes)
  }
}
