import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { FastifyBaseLogger } from 'fastify'
import type postgres from 'postgres'
import { inTime } from '../../scheduling/in-time.ts'
import { column } from '../../database/arrays.ts'
import type { Database } from '../../database/index.ts'
import type { Range } from '../../http/range.ts'
import { apiKeyCalls } from './tables.ts'

const HOUR_MS = 3_600_000
const GATHER_MS = 1_000
/**
 * How many pairs of a key and an hour may wait to be written; calls of further pairs are not counted.
 */
const WAITING_MAX = 50_000
const TOGETHER_MAX = 1_000
const CLOSE_MS_MAX = 2_000
/** How long a reader waits for the counts of this process. */
const READ_MS_MAX = 500

export interface KeyCalls {
  /** Counts a call. */
  add(keyId: string, status: number): void
  /** Writes what waits, or gives up after a short time. */
  flushSoon(): Promise<void>
  close(): Promise<void>
}

interface Count {
  keyId: string
  hour: number
  calls: number
  refused: number
}

/**
 * Counts calls by key and hour in memory, and writes the counts behind the requests, many in one
 * statement.
 * @param client a separate connection, so that a hang here blocks no request
 */
export function keyCalls(client: postgres.Sql, log: FastifyBaseLogger): KeyCalls {
  let waiting = new Map<string, Count>()
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function add(keyId: string, status: number): void {
    const hour = Math.floor(Date.now() / HOUR_MS)
    count({ keyId, hour, calls: 1, refused: isRefused(status) ? 1 : 0 })
    timer ??= setTimeout(() => void flush(), GATHER_MS).unref()
  }

  function count({ keyId, hour, calls, refused }: Count): void {
    const name = `${keyId} ${hour}`
    const known = waiting.get(name)
    if (known !== undefined) {
      known.calls += calls
      known.refused += refused
    } else if (waiting.size < WAITING_MAX) {
      waiting.set(name, { keyId, hour, calls, refused })
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(writeAll)
    return writing
  }

  async function writeAll(): Promise<void> {
    const counts = [...waiting.values()]
    waiting = new Map()
    while (counts.length > 0) {
      const some = counts.splice(0, TOGETHER_MAX)
      try {
        await write(client, some)
      } catch (error) {
        log.warn({ err: error }, 'Could not write the calls of keys')
        // Counts them again, so that the next write includes them.
        ;[...some, ...counts].forEach(count)
        return
      }
    }
  }

  const flushWithin = (ms: number) => inTime(flush(), ms, 'TIMEOUT').catch(() => undefined)

  return {
    add,
    flushSoon: () => flushWithin(READ_MS_MAX),
    close: () => flushWithin(CLOSE_MS_MAX),
  }
}

function isRefused(status: number): boolean {
  return status === 401 || status === 403 || status === 429
}

/** In the order of their keys, so that two processes never deadlock. */
async function write(client: postgres.Sql, counts: readonly Count[]): Promise<void> {
  const rows = counts.toSorted((a, b) =>
    a.keyId < b.keyId ? -1 : a.keyId > b.keyId ? 1 : a.hour - b.hour,
  )
  await client`
    insert into api_key_calls as known (key_id, hour, calls, refused)
    select * from unnest(
      ${column(rows, ({ keyId }) => keyId)}::text[],
      ${column(rows, ({ hour }) => new Date(hour * HOUR_MS))}::timestamptz[],
      ${column(rows, ({ calls }) => BigInt(calls))}::bigint[],
      ${column(rows, ({ refused }) => BigInt(refused))}::bigint[]
    )
    on conflict (key_id, hour) do update
      set calls = known.calls + excluded.calls, refused = known.refused + excluded.refused`
}

/** The calls with a key, oldest first; hours and days without calls are left out. */
export async function callsOf(db: Database, keyId: string, { period, from, to }: Range) {
  const bucket = sql<string>`date_trunc(${sql.raw(`'${period}'`)}, ${apiKeyCalls.hour}, 'UTC')`
  const rows = await db
    .select({
      bucket,
      calls: sql<string>`sum(${apiKeyCalls.calls})`,
      refused: sql<string>`sum(${apiKeyCalls.refused})`,
    })
    .from(apiKeyCalls)
    .where(and(eq(apiKeyCalls.keyId, keyId), gte(apiKeyCalls.hour, from), lt(apiKeyCalls.hour, to)))
    .groupBy(bucket)
    .orderBy(asc(bucket))
  return rows.map((row) => ({
    bucket: new Date(row.bucket).toISOString(),
    calls: Number(row.calls),
    refused: Number(row.refused),
  }))
}
