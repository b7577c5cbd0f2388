import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { IS_ERASING, presentEvent } from '../events/present.ts'
import { type ListName, cutPage, textPageAnswer } from '../http/pagination.ts'

export interface EventFilter {
  type: string | undefined
  subject: string | undefined
  /** Lists only this endpoint's events, with its own numbers; null for all events. */
  endpoint: bigint | null
  from: bigint
}

/** How many rows a page looks at. If there are more, it says where to go on. */
const LOOKED_AT_MAX = 5_000

type Row = {
  place: string
  id: string | null
  type: string
  at: string
  subject: string
  user_id: string | null
  data: Record<string, unknown>
  log_index: string | null
  log_size: string | null
  is_erasing: boolean
  is_match: boolean
}

/** A page of events, oldest first. Any page costs the same: one walk along an index. */
export async function pageOfEvents(
  db: Database,
  { type, subject, endpoint, from }: EventFilter,
  { limit, after }: { limit: number; after: string | null },
  list: ListName,
) {
  const start = after === null ? from : BigInt(after) + 1n
  const walked = walk(start, subject, endpoint)
  const matches = sql`(${type ?? null}::text is null or w.type = ${type ?? null})
    and (${subject ?? null}::text is null or w.subject = ${subject ?? null})
    and w.id is not null`
  const rows = await db.execute<Row>(sql`
    with w as (${walked}),
    found as (select * from w where ${matches} order by place limit ${limit + 1}::int),
    behind as (
      select * from w where (select count(*) from w) = ${LOOKED_AT_MAX}::int
        and (select count(*) from found) <= ${limit}::int
      order by place desc limit 1
    )
    select place::text as place, id, type, subject, user_id, data, log_index::text as log_index,
      log_size::text as log_size, is_erasing, is_match,
      to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
    from (select *, true as is_match from found union all select *, false as is_match from behind) rows
    order by is_match desc, rows.place`)
  const found = rows.filter((row) => row.is_match)
  const page = textPageAnswer(found, limit, list, { present, placeOf: ({ place }) => place })
  const behind = rows.find((row) => !row.is_match)
  if (behind === undefined) return page
  // The walk ended before the page was full. The next page begins after the last row that it has
  // seen.
  return cutPage(page.data, list, behind.place)
}

function walk(start: bigint, subject: string | undefined, endpoint: bigint | null): SQL {
  const from = sql`${String(start)}::bigint`
  const columns = sql`e.id, e.type, e.subject, e.user_id, e.data, e.log_index, e.log_size, e.timestamp,
    ${sql.raw(IS_ERASING)} as is_erasing`
  if (endpoint !== null) {
    return sql`
      select d.seq as place, ${columns}
      from (
        select seq, event_seq from webhook_deliveries
        where endpoint = ${String(endpoint)}::bigint and seq >= ${from}
        order by seq limit ${LOOKED_AT_MAX}::int
      ) d left join events e on e.seq = d.event_seq`
  }
  if (subject !== undefined) {
    return sql`
      select e.seq as place, ${columns} from events e
      where e.subject = ${subject} and e.seq >= ${from}
      order by e.subject, e.seq limit ${LOOKED_AT_MAX}::int`
  }
  return sql`
    select e.seq as place, ${columns} from events e
    where e.seq >= ${from} order by e.seq limit ${LOOKED_AT_MAX}::int`
}

function present(row: Row) {
  const { place, id, type, at, subject, user_id: userId, data, log_index, log_size } = row
  const seq = BigInt(place)
  const logIndex = log_index === null ? null : BigInt(log_index)
  const logSize = log_size === null ? null : BigInt(log_size)
  const timestamp = new Date(at)
  const known = { seq, type, timestamp, subject, userId, data, logIndex, logSize }
  const event = presentEvent({ ...known, isErasing: row.is_erasing })
  return { event_id: id ?? '', ...event }
}
