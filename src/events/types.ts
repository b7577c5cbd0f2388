import type { TObject } from '@sinclair/typebox'
import type { LogRecord } from '../audit/places.ts'

/** A type of event, as receivers know it. */
export interface EventType {
  /** When it happens, in one sentence. */
  summary: string
  /** The schema of `data`: a component of the OpenAPI document. */
  data: TObject
  /** An example of `data`. */
  example: Record<string, unknown>
  /** Made only while an endpoint names it, or `family.*`: there may be thousands in a second. */
  isOptIn?: true
}

/** An event without its number. */
export interface EventDraft {
  type: string
  /** The object of the act, as the audit log names it: `acct_…`, `cust_…`. */
  subject: string
  timestamp: Date
  data: Record<string, unknown>
  /** Only for this endpoint. */
  endpointId?: bigint | null
  log?: { index: number; size: number }
}

/** The events that a record of the audit log makes, most often one of its own name. */
export type EventsOfRecord = (record: LogRecord) => readonly Pick<EventDraft, 'type' | 'data'>[]

/** What a capability tells the outside. */
export interface Told {
  types: Readonly<Record<string, EventType>>
  /** By the names of the audit log's events. */
  records?: Readonly<Record<string, EventsOfRecord>>
}

/**
 * An event of the record's own name, whose data are those of the record that its schema names.
 * @param idName the field that has the record's subject
 */
export function asRecorded(type: string, { data }: EventType, idName?: string): EventsOfRecord {
  const names = Object.keys(data.properties)
  return ({ subject, metadata }) => {
    const chosen = names.filter((name) => name in metadata && !isCommitment(metadata[name]))
    const picked = Object.fromEntries(chosen.map((name) => [name, metadata[name]]))
    return [{ type, data: idName === undefined ? picked : { [idName]: subject, ...picked } }]
  }
}

/** Personal values appear in the log as commitments, which mean nothing outside. */
function isCommitment(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('sha256:')
}

/** Whether what an endpoint lists includes a type: by its name, by its family, or by `*`. */
export function includesType(
  listed: readonly string[],
  type: string,
  { isOptIn }: Pick<EventType, 'isOptIn'> = {},
): boolean {
  const family = `${type.slice(0, type.indexOf('.'))}.*`
  return listed.some(
    (one) => one === type || one === family || (one === '*' && isOptIn === undefined),
  )
}
