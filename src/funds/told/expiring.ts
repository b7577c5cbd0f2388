import { sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import { tellOnce } from '../../events/record.ts'
import { restAfter } from '../../scheduling/pace.ts'
import { grantId } from '../ids.ts'

const DAYS_BEFORE = 7
const PAGE = 500

type Expiring = { accountId: string; seq: string; remaining: string; expiresAt: string }

/** The job that makes an event for each grant that expires within a week, once. */
export async function tellOfExpiring(db: Database): Promise<void> {
  let after: Expiring = { accountId: '0', seq: '0', remaining: '0', expiresAt: '-infinity' }
  for (;;) {
    const started = performance.now()
    const rows = await db.execute<Expiring>(sql`
      select g.account_id::text as "accountId", g.seq::text as seq, g.remaining::text as remaining,
        to_char(g.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"
      from grants g
      where g.is_open and g.status = 'active' and g.remaining > 0
        and g.expires_at > now() and g.expires_at <= now() + make_interval(days => ${DAYS_BEFORE})
        and (g.expires_at, g.account_id, g.seq)
          > (${after.expiresAt}::timestamptz, ${after.accountId}::bigint, ${after.seq}::bigint)
      order by g.expires_at, g.account_id, g.seq limit ${PAGE}::int`)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last
    await db.transaction(async (tx) => {
      const entries = rows.map(({ accountId, seq, remaining, expiresAt }) => {
        const grant_id = grantId({ accountId: BigInt(accountId), seq: BigInt(seq) })
        const data = { grant_id, remaining: Number(remaining), expires_at: expiresAt }
        const entry = { type: 'grant.expiring', subject: `acct_${accountId}`, data }
        return [`grant.expiring ${grant_id}`, entry] as const
      })
      await tellOnce(tx, new Map(entries))
    })
    if (rows.length < PAGE) return
    await restAfter(started)
  }
}
