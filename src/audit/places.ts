/** A record of the log. Written as canonical JSON (RFC 8785) it is a leaf of the tree. */
export interface LogRecord {
  seq: number
  timestamp: string
  event: string
  actor: string
  subject: string
  /** A commitment, as all personal values. */
  ip: string | null
  metadata: Record<string, unknown>
}

/** Where the records of a row of `audit_records` stand: 1, or as many as it has facts. */
export interface Place {
  firstSeq: number
  size: number
  recordId: bigint
}
