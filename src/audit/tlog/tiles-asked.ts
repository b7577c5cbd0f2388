import type postgres from 'postgres'
import { array } from '../../database/arrays.ts'
import { sharedCommits } from '../../scheduling/shared-commits.ts'
import type { TileName } from './tile-path.ts'

const HASH_BYTES = 32
/** Anyone may ask for tiles, so the queue is bounded; each read takes 8 KiB. */
const WAITING_MAX = 1_000
const BATCH_MAX = 64

type HashTile = TileName & { level: number }

/** Reads tiles. Requests that arrive during a read share the next statement. */
export function tilesAsked(sql: postgres.Sql) {
  const reads = sharedCommits<HashTile, Buffer | null>({
    lanes: 1,
    waitingMax: WAITING_MAX,
    batchMax: BATCH_MAX,
    commit: async (batch) => {
      const rows = await sql<{ level: number; index: number; hashes: Buffer }[]>`
        select level, index::float8, hashes from audit_tiles where (level, index) in (
          select * from unnest(
            ${array(batch.map(({ level }) => BigInt(level)))}::integer[],
            ${array(batch.map(({ index }) => BigInt(index)))}::bigint[]
          )
        )`
      const found = new Map(rows.map((row) => [`${row.level}/${row.index}`, row.hashes]))
      return batch.map(({ level, index, width }) => {
        const hashes = found.get(`${level}/${index}`)
        const isThere = hashes !== undefined && hashes.length >= width * HASH_BYTES
        return {
          status: 'fulfilled',
          value: isThere ? hashes.subarray(0, width * HASH_BYTES) : null,
        }
      })
    },
  })
  return reads.submit
}
