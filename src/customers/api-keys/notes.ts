import type { FastifyBaseLogger } from 'fastify'
import type postgres from 'postgres'
import { inTime } from '../../scheduling/in-time.ts'
import { array, column } from '../../database/arrays.ts'
import type { KeyDigest } from './peppers.ts'

/** What is noted about the use of a key or token. */
export interface Note {
  usedAt: Date
  /** For a row without a digest, or with the digest of an earlier pepper. */
  digest: KeyDigest | null
}

type Noted = Note & { keyId: string; tries: number }

const TOGETHER_MAX = 500
/** Further uses are not noted: each key notes its next use, a minute later. */
const WAITING_MAX = 20_000
const GATHER_MS = 200
/** The delay after a failure, or if rows are locked. */
const RETRY_MS = 1_000
const TRIES_MAX = 60
const CLOSE_MS_MAX = 2_000

/**
 * Writes the use of keys behind the requests: many in one statement, one statement at a time, without
 * waiting for locked rows.
 * @param sql a separate connection, so that a hang here blocks no request
 */
export function keyNotes(
  sql: postgres.Sql,
  log: FastifyBaseLogger,
  table: 'api_keys' | 'tokens' = 'api_keys',
) {
  const waiting = new Map<string, Noted>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let isClosed = false

  function add(keyId: string, { usedAt, digest }: Note): void {
    const before = waiting.get(keyId)
    if (before === undefined && waiting.size >= WAITING_MAX) return
    waiting.set(keyId, { keyId, usedAt, digest: digest ?? before?.digest ?? null, tries: 0 })
    wait(GATHER_MS)
  }

  function wait(ms: number): void {
    if (isClosed || timer !== undefined || writing !== undefined || waiting.size === 0) return
    timer = setTimeout(() => void flush(), ms).unref()
  }

  /** Writes everything that waits, except locked rows. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing ??= writeAll()
      .catch((error: unknown) => log.warn({ err: error }, 'Could not note the use of keys'))
      .finally(() => {
        writing = undefined
        wait(RETRY_MS)
      })
    return writing
  }

  async function writeAll(): Promise<void> {
    for (let left = waiting.size; left > 0;) {
      const some = [...waiting.values()].slice(0, Math.min(left, TOGETHER_MAX))
      left -= some.length
      some.forEach(({ keyId }) => waiting.delete(keyId))
      let written: ReadonlySet<string> = new Set()
      try {
        written = await write(sql, table, some)
      } finally {
        for (const note of some) if (!written.has(note.keyId)) putBack(note)
      }
    }
  }

  function putBack(note: Noted): void {
    const tries = note.tries + 1
    if (tries < TRIES_MAX && !waiting.has(note.keyId)) waiting.set(note.keyId, { ...note, tries })
  }

  /** Writes what waits, but does not wait for a database that hangs. */
  async function close(): Promise<void> {
    isClosed = true
    await inTime(flush(), CLOSE_MS_MAX, 'TIMEOUT').catch(() => undefined)
  }

  return { add, close }
}

async function write(
  sql: postgres.Sql,
  table: string,
  notes: readonly Noted[],
): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }[]>`
    with noted as (
      select * from unnest(
        ${array(notes.map(({ keyId }) => keyId))}::text[],
        ${array(notes.map(({ usedAt }) => usedAt))}::timestamptz[],
        ${column(notes, ({ digest }) => digest?.digest ?? null)}::bytea[],
        ${column(notes, ({ digest }) => digest?.pepperId ?? null)}::text[]
      ) as n (id, used_at, digest, pepper_id)
    ), free as (
      select k.id from ${sql(table)} k join noted n on n.id = k.id for no key update of k skip locked
    )
    update ${sql(table)} k set
      last_used_at = greatest(k.last_used_at, n.used_at),
      digest = coalesce(n.digest, k.digest),
      pepper_id = coalesce(n.pepper_id, k.pepper_id)
    from noted n join free f on f.id = n.id
    where k.id = n.id
    returning k.id`
  return new Set(rows.map(({ id }) => id))
}
