import type postgres from 'postgres'
import { type Facts, type Line, counted, failure, pass, unseen } from '../doctor/check.ts'
import { verifyLedger } from './verify.ts'

/** A ledger with this many transfers verifies in seconds. */
const QUICK_TRANSFERS_MAX = 500_000

/** A check for `doctor`: whether the ledger is sound. */
export async function checkLedger(_facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ transfers: number }[]>`
    select greatest(reltuples, 0)::bigint::float8 as transfers from pg_class
    where oid = 'transfers'::regclass`
  if ((row?.transfers ?? 0) > QUICK_TRANSFERS_MAX) {
    return [
      unseen(
        'ledger',
        'is too large to verify in passing',
        '`strongroom ledger verify`, in a quiet hour',
      ),
    ]
  }
  const { findings, transfers } = await verifyLedger(sql)
  const [finding] = findings
  return [
    finding === undefined
      ? pass('ledger', `sound: ${counted(Number(transfers), 'transfer')}, every sum zero`)
      : failure('ledger', `broken: ${finding.rule}`, '`strongroom ledger verify` shows the rows'),
  ]
}
