import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { SCOPE_TAGS } from './scope.ts'

/**
 * Long enough to investigate an attack. These addresses belong to no customer, so no erasure covers
 * them.
 */
const STRANGERS_DAYS = 90

/** How many records one statement examines: few enough for any statement's time limit. */
const STRANGERS_PAGE = 5_000

/**
 * Erases the addresses of failed authentication that is older than 90 days. The records stay
 * unchanged and still verify. Their subjects are the few scopes, and each is read in the order of its
 * index.
 * @returns how many were erased
 */
export async function forgetStrangers(db: Pick<Database, 'execute'>): Promise<number> {
  let erased = 0
  for (const scope of Object.keys(SCOPE_TAGS)) {
    let after: string | null = '0'
    while (after !== null) {
      const page: StrangersPage | undefined = await forgetPage(db, scope, after)
      erased += page?.erased ?? 0
      after = page === undefined || page.read < STRANGERS_PAGE ? null : page.last
    }
  }
  return erased
}

interface StrangersPage {
  read: number
  erased: number
  last: string | null
}

/**
 * Ids and times increase together, except within a transaction's duration, which is always less than
 * a day.
 */
async function forgetPage(
  db: Pick<Database, 'execute'>,
  scope: string,
  after: string,
): Promise<StrangersPage | undefined> {
  const bound = sql`now() - make_interval(days => ${STRANGERS_DAYS}::int)`
  const [page] = await db.execute<Pick<StrangersPage, keyof StrangersPage>>(sql`
    with page as (
      select id, event, ip, timestamp from audit_records
      where subject = ${scope} and id > ${after}::bigint order by id limit ${STRANGERS_PAGE}
    ), gone as (
      delete from audit_personal
      where subject = ${scope} and commitment in (
        select ip from page where event = 'auth.failed' and timestamp < ${bound}
      )
      returning 1
    )
    select (count(*) filter (where timestamp < ${bound} + interval '1 day'))::int as read,
      (select count(*) from gone)::int as erased, max(id)::text as last
    from page`)
  return page
}
