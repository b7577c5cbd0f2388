import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { inPages, keptSince } from '../events/retention.ts'
import { PAGE } from './deliveries.ts'

/** The job that deletes old deliveries, and those of deleted endpoints. */
export async function forgetOldDeliveries(db: Database): Promise<void> {
  for (const page of [oldPage, orphanedPage]) {
    await inPages(async () => (await db.execute(page())).length)
  }
}

/** Deletes a page of the deliveries that are no longer kept. */
function oldPage(): SQL {
  return sql`
    delete from webhook_deliveries where (endpoint, seq) in (
      select d.endpoint, d.seq from (select seq from webhook_endpoints) e
      cross join lateral (
        select endpoint, seq, created_at from webhook_deliveries
        where endpoint = e.seq order by seq limit ${PAGE}::int
      ) d
      where d.created_at < ${keptSince} limit ${PAGE}::int
    ) returning seq`
}

/**
 * Deletes a page of the deliveries of deleted endpoints. It steps from endpoint to endpoint in the
 * index, because the table may have millions of rows, and usually none of them is such a delivery.
 */
export function orphanedPage(): SQL {
  return sql`
    with recursive present (endpoint) as (
      select min(endpoint) from webhook_deliveries
      union all
      select (select min(d.endpoint) from webhook_deliveries d where d.endpoint > present.endpoint)
      from present where present.endpoint is not null
    ), page as (
      select d.endpoint, d.seq from present
      cross join lateral (
        select endpoint, seq from webhook_deliveries
        where endpoint = present.endpoint order by seq limit ${PAGE}::int
      ) d
      where not exists (select from webhook_endpoints e where e.seq = present.endpoint)
      limit ${PAGE}::int
    )
    delete from webhook_deliveries d using page
    where d.endpoint = page.endpoint and d.seq = page.seq returning d.seq`
}
