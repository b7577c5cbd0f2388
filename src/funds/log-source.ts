import type postgres from 'postgres'
import type { CommittedFacts } from '../audit/recent.ts'
import type { Place } from '../audit/records.ts'
import type { LogSource, LoggedFact } from '../audit/source.ts'
import { array, column } from '../database/arrays.ts'
import type { Writes } from './batch.ts'
import {
  type LoggedTransfer,
  type SystemNames,
  TRANSFER_EVENTS,
  committedRecord,
  transferRecord,
} from './log-record.ts'

/** Transfers as leaves of the audit log: a row of `audit_records` lists those of a batch. */
export const transferSource: LogSource = {
  weigh: async (sql, recordIds, { subject }) => {
    const [answer] = await sql<{ rows: WeightRow[] }[]>`
      select coalesce(json_agg(json_build_array(r.id, (
        select json_agg(json_build_array(
          one.place - 1, octet_length(concat(t.metadata, t.grants))
        ))
        from unnest(r.account_ids, r.transfer_seqs) with ordinality as one (account_id, seq, place)
        join transfers t on t.account_id = one.account_id and t.seq = one.seq
        where ${isAbout(sql, subject)}
      ))), '[]') as rows
      from audit_records r where r.id = any(${array(recordIds)}::bigint[]) and r.event is null`
    return new Map((answer?.rows ?? []).map(([id, weights]) => [BigInt(id), weights ?? []]))
  },

  read: async (sql, parts, { subject, isShown = false }) => {
    // One JSON value, which the runtime parses many times faster than the driver reads columns.
    const [answer] = await sql<{ rows: Row[]; systems: SystemNames | null }[]>`
      select coalesce(json_agg(json_build_object('id', r.id, 'transfers', (
        select json_agg(json_build_array(
          one.place - 1,
          json_build_array(t.account_id, t.seq, t.kind, t.asset, t.amount, t.debit_account_id,
            t.credit_account_id, t.target_seq, t.balance_after, t.held_after, t.available_after,
            t.actor, t.created_at, t.grants),
          json_build_array(encode(a.salt, 'hex'), t.ip, t.reason, t.reference, t.metadata,
            t.idempotency_key, encode(t.fingerprint, 'hex'), t.ip_commitment, t.details_commitment,
            coalesce(a.status = 'closed', false))
        ))
        from unnest(r.account_ids, r.transfer_seqs) with ordinality as one (account_id, seq, place)
        join transfers t on t.account_id = one.account_id and t.seq = one.seq
        left join accounts a on a.id = t.account_id
        where one.place > part.first and one.place <= part.last and ${isAbout(sql, subject)}
      ))), '[]') as rows,
      (select json_object_agg(id, system) from accounts where system is not null) as systems
      from unnest(
        ${column(parts, ({ recordId }) => recordId)}::bigint[],
        ${column(parts, ({ from }) => BigInt(from))}::bigint[],
        ${column(parts, ({ to }) => BigInt(to))}::bigint[]
      ) as part (id, first, last)
      join audit_records r on r.id = part.id and r.event is null`
    const options = { isShown, systems: answer?.systems ?? {} }
    return new Map(
      (answer?.rows ?? []).map(({ id, transfers }) => [
        BigInt(id),
        (transfers ?? []).map(([index, movement, personal]): LoggedFact => {
          return { index, record: (seq) => transferRecord(movement, personal, seq, options) }
        }),
      ]),
    )
  },

  placesOf: (sql, { subject, event }, range, count) => {
    const account = accountOf(subject)
    const isOurs = event === undefined || TRANSFER_EVENTS.has(event)
    return account === null || !isOurs ? null : placesOfAccount(sql, account, range, count)
  },

  subjectOf: async (sql, name) => {
    // Ids of this form are subjects themselves, even if an account belongs to a user of that name.
    if (/^(acct|cust|evt|we|sess)_/.test(name)) return null
    const [account] = await sql<{ subject: string }[]>`
      select 'acct_' || id as subject from accounts where user_id = ${name}`
    return account?.subject ?? null
  },

  writtenAround: async (sql) => {
    const [found] = await sql<{ transfers: number }[]>`
      select (select count(*) from transfers)::float8
        - (select coalesce(sum(cardinality(account_ids)), 0) from audit_records)::float8 as transfers`
    const count = found?.transfers ?? 0
    return count > 0 ? [`${count} transfers were written without their record`] : []
  },
}

interface Row {
  id: number
  transfers: LoggedTransfer[] | null
}

type WeightRow = [id: number, weights: [index: number, bytes: number][] | null]

/** The condition for the transfers of a row that are about a subject, or for all of them. */
function isAbout(sql: postgres.Sql, subject: string | undefined) {
  const account = accountOf(subject)
  const id = account === null ? null : String(account)
  return sql`one.account_id = coalesce(${id}::bigint, one.account_id)`
}

/** The facts of a batch that has been committed; transfers without a salt are left out. */
export function committedFacts({ transfers, accounts }: Writes): CommittedFacts {
  const salts = new Map(accounts.map(({ id, salt }) => [id, salt]))
  return transfers.flatMap((transfer) => {
    const salt = salts.get(transfer.accountId)
    return salt == null ? [] : [(seq: number) => committedRecord(transfer, salt, seq)]
  })
}

/**
 * The places of an account's transfers. The log has them in the order of their own numbers, so a
 * binary search finds the last one before a place.
 */
function placesOfAccount(
  sql: postgres.Sql,
  accountId: bigint,
  { low, before }: { low: number; before: number },
  count: number,
): Promise<Place[]> {
  const id = sql`${String(accountId)}::bigint`
  return sql<Place[]>`
    with recursive search (low, high) as (
      select 0::bigint, (select coalesce(max(seq), 0) from transfers where account_id = ${id})
      union all
      select case when p.first_seq < ${before}::bigint then t.seq else search.low end,
        case when p.first_seq < ${before}::bigint then search.high else t.seq - 1 end
      from search
      join transfers t on t.account_id = ${id} and t.seq = (search.low + search.high + 1) / 2
      left join audit_places p on p.record_id = t.audit_record_id
      where search.low < search.high
    )
    select p.first_seq::float8 as "firstSeq", p.size, p.record_id as "recordId"
    from transfers t join audit_places p on p.record_id = t.audit_record_id
    where t.account_id = ${id} and t.seq <= (select low from search where low = high)
      and p.first_seq >= ${low}::bigint
    order by t.seq desc limit ${count}`
}

function accountOf(subject: string | undefined): bigint | null {
  const match = /^acct_([1-9]\d{0,17})$/.exec(subject ?? '')
  return match === null ? null : BigInt(match[1] ?? 0)
}
