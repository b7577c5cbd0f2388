import type postgres from 'postgres'
import { type EventsOfRecord, type Told, asRecorded } from '../../events/types.ts'
import type { LogRecord } from '../../audit/places.ts'
import { array } from '../../database/arrays.ts'
import { EFFECTS, type TransferKind } from '../posting.ts'
import { types } from './types.ts'

/** The audit log has no events of these two names. */
const LOW_BALANCE = 'funds.low_balance'
const NEGATIVE = 'funds.negative'

interface Moved {
  amount: number
  available_after: number
  balance_after: number
  debit: string
  kind: TransferKind
  target_id: string | null
  transfer_id: string
}

/** A movement makes an event of its own name, and a second one if it makes the balance negative. */
const moved: EventsOfRecord = ({ event, subject, metadata }: LogRecord) => {
  const { amount, available_after, balance_after, debit, kind, target_id, transfer_id } =
    metadata as unknown as Moved
  const data = {
    transfer_id,
    kind,
    amount,
    balance: balance_after,
    available: available_after,
    target_id,
  }
  const own = { type: event, data }
  if (balance_after >= 0) return [own]
  // An adjustment can give or take.
  const isTaken = kind === 'adjustment' ? debit === subject : EFFECTS[kind].balance < 0n
  return isTaken && balance_after + amount >= 0 ? [own, { type: NEGATIVE, data }] : [own]
}

/** The log records a fall below `low_balance_at` under this name too. */
const updated: EventsOfRecord = ({ metadata }) => {
  if ('low_balance' in metadata) {
    return [{ type: LOW_BALANCE, data: { balance: metadata['balance'] } }]
  }
  const changed = Object.keys(metadata).map((name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  const { tier, status } = metadata
  return [{ type: 'account.updated', data: { changed, tier, status } }]
}

const MOVEMENTS = Object.keys(types).filter(
  (name) => name.startsWith('funds.') && name !== LOW_BALANCE && name !== NEGATIVE,
)

export const toldOfFunds: Told = {
  types,
  records: {
    ...Object.fromEntries(MOVEMENTS.map((name) => [name, moved])),
    'account.created': asRecorded('account.created', types['account.created']),
    'account.updated': updated,
    'account.erased': asRecorded('account.erased', types['account.erased']),
    'grant.expired': asRecorded('grant.expired', types['grant.expired']),
  },
}

/** The users and assets of accounts by their subjects; erased users have no name. */
export async function nameAccounts(sql: postgres.Sql, subjects: readonly string[]) {
  const ids = subjects.filter((one) => one.startsWith('acct_')).map((one) => one.slice(5))
  if (ids.length === 0) return new Map<string, never>()
  const rows = await sql<{ id: bigint; userId: string | null; asset: string }[]>`
    select id, case when status <> 'closed' then user_id end as "userId", asset from accounts
    where id = any(${array(ids)}::bigint[])`
  return new Map(rows.map(({ id, userId, asset }) => [`acct_${id}`, { userId, asset }]))
}
