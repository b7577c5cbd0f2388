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
  const { type, timestamp, subject, userId, data, logIndex, logSize } = row
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
