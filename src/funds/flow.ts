import { Type } from '@sinclair/typebox'
import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { exactNumber } from '../encoding/decimals.ts'
import {
  Timestamp,
  TimestampInput,
  invalid,
  requireOrder,
  strictObject,
  timesOf,
} from '../http/schemas.ts'
import { TRANSFER_KINDS, type TransferKind } from './posting.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 8

type Bucket = 'hour' | 'day'

export const FlowQuery = strictObject({
  from: Type.Optional({ ...TimestampInput, description: 'A day before `to` if not given.' }),
  to: Type.Optional({ ...TimestampInput, description: 'Before this time; now if not given.' }),
  bucket: Type.Optional(
    Type.Unsafe<Bucket>({ type: 'string', enum: ['hour', 'day'], default: 'hour' }),
  ),
})

export const MoneyFlow = Type.Object(
  {
    from: Timestamp,
    to: Timestamp,
    data: Type.Array(
      Type.Object(
        {
          bucket: { ...Timestamp, description: 'When the hour or day begins, in UTC.' },
          asset: Type.String({ examples: ['USD/2'] }),
          kind: Type.Unsafe<TransferKind>({ type: 'string', enum: TRANSFER_KINDS }),
          amount: Type.Number({
            description:
              'What these did to the balances of users together: below zero for charges.',
            examples: [-12500],
          }),
          amount_exact: Type.Optional(
            Type.String({
              description: '`amount` to the unit, where it is beyond 2^53 - 1.',
              examples: ['-9007199254740993'],
            }),
          ),
          transfers: Type.Integer({ examples: [25] }),
        },
        { title: 'MoneyFlowBucket' },
      ),
      { description: 'By time, asset and kind. Holds and their releases move nothing.' },
    ),
  },
  { $id: 'MoneyFlow' },
)

export interface FlowRange {
  from: Date
  to: Date
  bucket: Bucket
}

/** @throws Refusal `VALIDATION_FAILED` for a range of more than 8 days */
export function flowRange(query: { from?: string; to?: string; bucket?: Bucket }): FlowRange {
  const { from, to = new Date() } = timesOf(query)
  const range = {
    from: from ?? new Date(to.getTime() - DAY_MS),
    to,
    bucket: query.bucket ?? 'hour',
  }
  requireOrder(range.from, range.to)
  if (to.getTime() - range.from.getTime() > DAYS_MAX * DAY_MS) {
    throw invalid('/from', `must be at most ${DAYS_MAX} days before \`to\``)
  }
  return range
}

/** What moved on all accounts in a time. Along the index of transfers by time. */
export function flowQuery({ from, to, bucket }: FlowRange) {
  return sql`
    select (date_trunc(${bucket}, created_at, 'UTC')) as bucket, asset, kind,
      sum(case when credit_account_id = account_id then amount else -amount end)::text as amount,
      count(*)::int as transfers
    from transfers
    where created_at >= ${from.toISOString()}::timestamptz
      and created_at < ${to.toISOString()}::timestamptz and kind not in ('hold', 'release')
    group by 1, 2, 3 order by 1, 2, 3`
}

interface Row extends Record<string, unknown> {
  bucket: string | Date
  asset: string
  kind: TransferKind
  /** Exact; the accounts of an asset together have no limit. */
  amount: string
  transfers: number
}

export async function moneyFlow(db: Database, range: FlowRange) {
  const rows = await db.execute<Row>(flowQuery(range))
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    data: rows.map(presentRow),
  }
}

function presentRow({ bucket, asset, kind, amount, transfers }: Row) {
  const { number, exact } = exactNumber(amount)
  return {
    bucket: new Date(bucket).toISOString(),
    asset,
    kind,
    amount: number,
    ...(exact !== undefined && { amount_exact: exact }),
    transfers,
  }
}
