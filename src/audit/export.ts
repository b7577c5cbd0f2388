import type postgres from 'postgres'
import { inSnapshot, walkLog } from './walk.ts'
import type { LogSource } from './source.ts'
import { leafHash } from './tree.ts'

export interface Exported {
  records: number
  /** The first record that is missing, or differs from what was logged. */
  firstMisfit: number | null
}

export interface Sinks {
  /** JSON Lines: each record's bytes and a line break. */
  lines: (chunk: Buffer) => Promise<void>
  /** The hashes of the logged records, 32 bytes each. */
  hashes: (chunk: Buffer) => Promise<void>
  report: (done: number, total: number) => void
}

/** Writes the whole log from the database, beside a running service. */
export function exportLog(
  sql: postgres.Sql,
  source: LogSource,
  { lines, hashes, report }: Sinks,
): Promise<Exported> {
  return inSnapshot(sql, async (tx, size) => {
    let records = 0
    let firstMisfit: number | null = null
    for await (const page of walkLog(tx, source, size)) {
      const present = page.filter(({ bytes }) => bytes !== null)
      await lines(Buffer.concat(present.flatMap(({ bytes }) => [bytes ?? NOTHING, LINE_BREAK])))
      await hashes(Buffer.concat(page.map(({ logged }) => logged ?? UNKNOWN)))
      records += present.length
      const misfit = page.find(
        ({ bytes, logged }) => bytes === null || logged === null || !leafHash(bytes).equals(logged),
      )
      firstMisfit ??= misfit?.seq ?? null
      report(records, size)
    }
    return { records, firstMisfit }
  })
}

const LINE_BREAK = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
const UNKNOWN = Buffer.alloc(32)
