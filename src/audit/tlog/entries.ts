import type postgres from 'postgres'
import { Refusal } from '../../refusals/index.ts'
import { slices } from '../../scheduling/slices.ts'
import { type Place, readWeighed, recordBytes } from '../records.ts'
import { logSize } from '../sequencer.ts'
import type { LogSource } from '../source.ts'
import { weigh } from '../weights.ts'
import { type TileName, WIDTH } from './tile-path.ts'

/** The length of an entry is written in 16 bits. */
export const ENTRY_BYTES_MAX = 65_535

/**
 * An entry bundle as defined by C2SP's tlog-tiles: records, each preceded by its length.
 * @throws Refusal `NOT_FOUND`
 */
export async function entryBundle(
  sql: postgres.Sql,
  source: LogSource,
  { index, width }: Pick<TileName, 'index' | 'width'>,
): Promise<Buffer> {
  const first = index * WIDTH
  const end = first + width
  if (end > (await logSize(sql))) throw new Refusal('NOT_FOUND')
  const places = await sql<Place[]>`
    select first_seq::float8 as "firstSeq", size, record_id as "recordId" from audit_places
    where first_seq < ${String(end)}::bigint and first_seq >= (
      select max(first_seq) from audit_places where first_seq <= ${String(first)}::bigint
    )
    order by first_seq`
  const start = places[0]?.firstSeq ?? first
  const weighed = (await weigh(sql, source, places)).slice(first - start, end - start)
  const pieces: Buffer[] = []
  const pause = slices()
  for (const record of await readWeighed(sql, source, weighed)) {
    await pause()
    const bytes = record === null ? null : recordBytes(record)
    if (bytes === null) throw new Error('A record of the log is missing')
    if (bytes.length > ENTRY_BYTES_MAX) {
      const message = `Record ${record?.seq} has ${bytes.length} bytes, more than an entry can have; the export has it.`
      throw new Refusal('NOT_FOUND', { message })
    }
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.length)
    pieces.push(length, bytes)
  }
  return Buffer.concat(pieces)
}
