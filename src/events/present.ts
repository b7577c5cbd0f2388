/** An event as read from its row. */
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

/** What is sent, and under whose number: that of all events, or of an endpoint. */
export interface PresentedEvent {
  seq: number
  type: string
  timestamp: string
  data: Record<string, unknown>
}

/** `data.audit` is what `/api/audit/proof` takes to prove that the event's record is in the log. */
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
