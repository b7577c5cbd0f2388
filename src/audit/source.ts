import type postgres from 'postgres'
import type { LogRecord, Place } from './places.ts'

/** One of the facts of a row of `audit_records` that has no event itself. */
export interface LoggedFact {
  /** Its position in the row. */
  index: number
  record(seq: number): LogRecord
}

/** Facts of one row of `audit_records`: those from one position up to another. */
export interface Part {
  recordId: bigint
  from: number
  to: number
}

export interface ReadOptions {
  /** Only facts about this subject, where the source can tell. */
  subject?: string | undefined
  /** Whether personal values replace their commitments, where they are still kept. */
  isShown?: boolean
  /** Whether a row that no record can be made of counts as missing, and is no error. */
  isLenient?: boolean
}

/**
 * A capability whose own rows are leaves of the log: `audit_records` gives their order, and the
 * capability gives their content.
 */
export interface LogSource {
  /**
   * @returns how many bytes of JSON the facts of these rows of `audit_records` hold, by the row's id:
   * for each fact its position and the bytes
   */
  weigh(
    sql: postgres.Sql,
    recordIds: readonly bigint[],
    options: ReadOptions,
  ): Promise<ReadonlyMap<bigint, readonly (readonly [index: number, bytes: number])[]>>
  /** @returns the facts of these parts, by the row's id; the caller keeps them few by their weight */
  read(
    sql: postgres.Sql,
    parts: readonly Part[],
    options: ReadOptions,
  ): Promise<ReadonlyMap<bigint, readonly LoggedFact[]>>
  /**
   * @returns the newest places before a given one that hold facts about a subject, newest first; null
   * if the source never has records about this subject, or of these events
   */
  placesOf(
    sql: postgres.Sql,
    facts: { subject: string; event: string | undefined },
    range: { low: number; before: number },
    count: number,
  ): Promise<Place[]> | null
  /**
   * @returns the subject that operators know by another name, such as a user's id; null if the source
   * knows no such name
   */
  subjectOf(sql: postgres.Sql, name: string): Promise<string | null>
  /** @returns findings about rows that bypassed the log, one sentence each */
  writtenAround(sql: postgres.Sql): Promise<string[]>
}

/** Combines several sources into one. */
export function combined(sources: readonly LogSource[]): LogSource {
  return {
    weigh: async (sql, recordIds, options) => {
      const maps = await Promise.all(sources.map((one) => one.weigh(sql, recordIds, options)))
      return new Map(maps.flatMap((weights) => [...weights]))
    },
    read: async (sql, parts, options) => {
      const maps = await Promise.all(sources.map((one) => one.read(sql, parts, options)))
      return new Map(maps.flatMap((facts) => [...facts]))
    },
    placesOf: (sql, ...range) => {
      for (const source of sources) {
        const places = source.placesOf(sql, ...range)
        if (places !== null) return places
      }
      return null
    },
    subjectOf: async (sql, name) => {
      for (const source of sources) {
        const subject = await source.subjectOf(sql, name)
        if (subject !== null) return subject
      }
      return null
    },
    writtenAround: async (sql) => {
      const found = await Promise.all(sources.map((one) => one.writtenAround(sql)))
      return found.flat()
    },
  }
}
