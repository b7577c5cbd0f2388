import type postgres from 'postgres'
import type { LogRecord, Place } from './places.ts'

/** One of the facts that a row of `audit_records` without an event stands for. */
export interface LoggedFact {
  /** Its place in the row. */
  index: number
  record(seq: number): LogRecord
}

export interface ReadOptions {
  /** Only facts about this subject, where a source can tell. */
  subject?: string | undefined
  /** What commitments stand for in place of them, as far as that is kept. */
  isShown?: boolean
}

/**
 * A capability whose own rows are leaves of the log: `audit_records` says where they are, and the
 * capability says what they mean.
 */
export interface LogSource {
  /** @returns the facts of these rows of `audit_records`, by the row's id */
  read(
    sql: postgres.Sql,
    recordIds: readonly bigint[],
    options: ReadOptions,
  ): Promise<ReadonlyMap<bigint, readonly LoggedFact[]>>
  /** @returns the last places before one, newest first, with facts about a subject; null if it has none of it */
  placesOf(
    sql: postgres.Sql,
    subject: string,
    range: { low: number; before: number },
    count: number,
  ): Promise<Place[]> | null
  /** @returns what was written around the log, a sentence each */
  writtenAround(sql: postgres.Sql): Promise<string[]>
}

/** Several as one. */
export function combined(sources: readonly LogSource[]): LogSource {
  return {
    read: async (sql, recordIds, options) => {
      const maps = await Promise.all(sources.map((one) => one.read(sql, recordIds, options)))
      return new Map(maps.flatMap((facts) => [...facts]))
    },
    placesOf: (sql, ...range) => {
      for (const source of sources) {
        const places = source.placesOf(sql, ...range)
        if (places !== null) return places
      }
      return null
    },
    writtenAround: async (sql) => {
      const found = await Promise.all(sources.map((one) => one.writtenAround(sql)))
      return found.flat()
    },
  }
}
