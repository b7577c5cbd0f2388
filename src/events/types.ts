import type { TObject } from '@sinclair/typebox'
import type { LogRecord } from '../audit/places.ts'

/** A type of event. */
export interface EventType {
  /** When it happens, in one sentence. */
  summary: string
  /** The schema of `data`, which becomes a component of the OpenAPI document. */
  data: TObject
  /** An example of `data`. */
  example: Record<string, unknown>
  /**
   * Whether such events are made only while an endpoint lists the type or `family.*`, because there
   * may be thousands a second.
   */
  isOptIn?: true
}

/** An event that has no number yet. */
export interface EventDraft {
  type: string
  /** The object of the act, as the audit log names it: `acct_…`, `cust_…`. */
  subject: string
  timestamp: Date
  data: Record<string, unknown>
  /** The only endpoint that gets it. */
  endpointId?: bigint | null
  log?: { index: number; size: number }
}

/** Makes the events for a record of the audit log: most often one with the record's own name. */
export type EventsOfRecord = (record: LogRecord) => readonly Pick<EventDraft, 'type' | 'data'>[]

/** The webhook events of a capability. */
export interface Told {
  types: Readonly<Record<string, EventType>>
  /** How events are made from records, by the name of the audit log's event. */
  records?: Readonly<Record<string, EventsOfRecord>>
}

/**
 * Makes an event with the record's own name. Its data are the fields of the record that the schema
 * lists.
 * @param idName the field that gets the record's subject
 */
export function asRecorded(type: string, { data }: EventType, idName?: string): EventsOfRecord {
  const names = Object.keys(data.properties)
  return ({ subject, metadata }) => {
    const chosen = names.filter((name) => name in metadata && !isCommitment(metadata[name]))
    const picked = Object.fromEntries(chosen.map((name) => [name, metadata[name]]))
    return [{ type, data: idName === undefined ? picked : { [idName]: subject, ...picked } }]
  }
}

/** Personal values appear in the log as commitments, which mean nothing to receivers. */
function isCommitment(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('sha256:')
}

/** Whether an endpoint's list includes a type: by its name, by its family, or by `*`. */
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
