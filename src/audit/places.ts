/** A record of the log. Written as canonical JSON (RFC 8785), it is a leaf of the tree. */
export interface LogRecord {
  seq: number
  timestamp: string
  event: string
  actor: string
  subject: string
  /** A commitment, like all personal values. */
  ip: string | null
  metadata: Record<string, unknown>
}

/**
 * The place in the log of the records of one row of `audit_records`: 1, or one for each of its facts.
 */
export interface Place {
  firstSeq: number
  size: number
  recordId: bigint
}

/** Where a record stands: in a place, and there at this position. */
export interface Spot {
  place: Place
  index: number
}

/** What a record weighs: the bytes of its long values, which are read and parsed as JSON. */
export interface Weighed extends Spot {
  bytes: number
}
