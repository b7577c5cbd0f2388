/** Fields of `data` whose values the user has chosen, or that lead to a payment of the user. */
export const PERSONAL_FIELDS: readonly string[] = ['action_url', 'budget_id']

/**
 * For queries of events `e`: whether the account is closed and its erasure has not ended, so that the
 * event may still name the user.
 */
export const IS_ERASING = `e.subject in (
  select 'acct_' || account_id from erasures where account_id is not null
)`

/** An event as it is stored. */
export interface EventRow {
  id: string
  seq: bigint
  type: string
  timestamp: Date
  subject: string
  userId: string | null
  data: Record<string, unknown>
  logIndex: bigint | null
  logSize: bigint | null
  /** As `IS_ERASING` has it, where the event was read with that. */
  isErasing?: boolean | null
}

/** An event as it is shown, with its number among all events or among those of an endpoint. */
export interface PresentedEvent {
  seq: number
  type: string
  timestamp: string
  data: Record<string, unknown>
}

/**
 * `data.audit` has the parameters with which `/api/audit/proof` proves that the record is in the
 * log.
 */
export function presentEvent(row: Omit<EventRow, 'id'>, seq: bigint = row.seq): PresentedEvent {
  const { type, timestamp, subject, logIndex, logSize } = row
  const { userId, data } = row.isErasing ? withoutUser(row.data) : row
  return {
    type,
    timestamp: timestamp.toISOString(),
    seq: Number(seq),
    data: {
      ...(subject.startsWith('acct_') && { user_id: userId }),
      ...data,
      ...(logIndex !== null && {
        audit: { index: Number(logIndex), checkpoint_size: Number(logSize) },
      }),
    },
  }
}

/** As it is once the erasure has come to the event. */
function withoutUser(data: EventRow['data']): Pick<EventRow, 'userId' | 'data'> {
  const entries = Object.entries(data)
  const kept = entries.map(([name, value]) => [name, PERSONAL_FIELDS.includes(name) ? null : value])
  return { userId: null, data: Object.fromEntries(kept) as EventRow['data'] }
}
